// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "app/meter_reader.hpp"

/// Meters that show what a scan list asks them for.
namespace bornier::app {
namespace {

auto reads_values_of(const model::ScanList& list, const Request& request) -> bool {
  return request.table == list.values.table && request.first <= list.values.last &&
         request.first + request.count > list.values.first;
}

}  // namespace

auto MeterReader::read_scanned(const MeterSettings& meter, const std::vector<Request>& requests,
                               Effort effort, Arrived arrived, Between between)
    -> boost::asio::awaitable<modbus::Outcome> {
  const auto& list = *meter.model->scan_list;
  std::vector<Gathered> values;
  Arrived arrived_first = [&](const Gathered& one) {
    if (!one.words.empty() && reads_values_of(list, *one.request)) {
      values.push_back(one);
    } else {
      arrived(one);
    }
  };
  const auto outcome =
      co_await read_located(meter, requests, effort, std::move(arrived_first), std::move(between));
  if (values.empty()) {
    co_return outcome;
  }
  const Request check{.table = wire::Table::holding_register,
                      .first = list.address,
                      .count = static_cast<std::uint16_t>(list.parameters.size()),
                      .points = {}};
  Gathered shown;
  shown.request = &check;
  const auto attempt =
      co_await ask(meter, check, attempts_for(meter, effort != Effort::full), shown);
  if (attempt == Attempt::line_lost) {
    line_->close();
    co_return modbus::Outcome::bus_down;
  }
  const bool is_ours = shown.words == list.parameters;
  const bool is_written = attempt == Attempt::answered && !is_ours && meter.writes_scan_list;
  if (is_written) {
    co_await write_scan_list(meter);
    co_return outcome;  // what stands in the block by now, nobody knows
  }
  for (auto& one : values) {
    if (!is_ours) {
      one.words.clear();
      one.exception_code = shown.exception_code;
      one.lacking = attempt == Attempt::answered;
    }
    arrived(one);
  }
  co_return outcome;
}

auto MeterReader::write_scan_list(const MeterSettings& meter) -> boost::asio::awaitable<void> {
  const auto& list = *meter.model->scan_list;
  std::vector<std::byte> bytes(2 * list.parameters.size());
  wire::ByteWriter out{bytes};
  for (const auto parameter : list.parameters) {
    out.u16(parameter);
  }
  const auto pdu = wire::encode_request(wire::WriteRegisters{
      .first = wire::RegisterAddress{list.address}, .values = wire::RegistersView{bytes}});
  if (!pdu) {
    co_return;  // a model's list fits into one request: never seen
  }
  const auto written = co_await write(meter, *pdu);
  written_list_ = WrittenList{.taken = written.outcome == modbus::Outcome::answered,
                              .exception_code = written.gathered.exception_code};
}

}  // namespace bornier::app
