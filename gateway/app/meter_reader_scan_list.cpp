// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "app/meter_reader.hpp"

/// Meters that show what a scan list asks them for.
namespace bornier::app {
namespace {

constexpr std::chrono::minutes first_pause_of_writes{1};
constexpr std::chrono::hours longest_pause_of_writes{1};

auto reads_values_of(const model::ScanList& list, const Request& request) -> bool {
  return request.table == list.values.table && request.first <= list.values.last &&
         request.first + request.count > list.values.first;
}

}  // namespace

auto MeterReader::shows_other_parameters(const MeterSettings& meter, const Request& request) const
    -> bool {
  const auto& list = meter.model->scan_list;
  const auto state = lists_.find(&meter);
  return list && reads_values_of(*list, request) && (state == lists_.end() || !state->second.ours);
}

auto MeterReader::read_scanned(const MeterSettings& meter, const std::vector<Request>& requests,
                               Effort effort, Arrived arrived, Between between)
    -> boost::asio::awaitable<modbus::Outcome> {
  const auto& list = *meter.model->scan_list;
  auto& state = lists_[&meter];
  bool just_written = false;
  bool list_answered = false;
  const bool reads_values = std::ranges::any_of(
      requests, [&list](const auto& request) { return reads_values_of(list, request); });
  Gathered shown;
  if (reads_values && !state.ours) {
    const auto attempt = co_await read_scan_list(meter, effort, shown);
    if (attempt == Attempt::silent || attempt == Attempt::line_lost) {
      co_return outcome_of(attempt);
    }
    list_answered = attempt == Attempt::answered;
    state.ours = shown.words == list.parameters;
    if (list_answered && !state.ours) {
      just_written = co_await write_scan_list(meter);
    }
  }
  std::vector<Gathered> values;
  Arrived arrived_first = [&](const Gathered& one) {
    const bool of_list = reads_values_of(list, *one.request);
    if (of_list && !one.words.empty()) {
      values.push_back(one);
    } else if (!of_list || !just_written) {  // when the meter has filled its block, nobody knows
      arrived(one);
    }
  };
  auto outcome =
      co_await read_located(meter, requests, effort, std::move(arrived_first), std::move(between));
  if (outcome == modbus::Outcome::failed && list_answered) {
    outcome = modbus::Outcome::answered;
  }
  if (outcome == modbus::Outcome::silent || outcome == modbus::Outcome::bus_down) {
    state.ours = false;  // after an outage another device may stand there
  }
  if (values.empty()) {
    co_return outcome;
  }
  shown = {};
  const auto attempt = co_await read_scan_list(meter, effort, shown);
  if (attempt == Attempt::line_lost) {
    co_return modbus::Outcome::bus_down;
  }
  state.ours = shown.words == list.parameters;
  const bool will_be_written = attempt == Attempt::answered && may_write_scan_list(meter);
  for (auto& one : values) {
    if (!state.ours) {
      one.words.clear();
      one.lacking = attempt != Attempt::silent;
    }
    if (state.ours || !will_be_written) {
      arrived(one);
    }
  }
  co_return outcome;
}

auto MeterReader::read_scan_list(const MeterSettings& meter, Effort effort, Gathered& shown)
    -> boost::asio::awaitable<Attempt> {
  const auto& list = *meter.model->scan_list;
  const Request request{.table = wire::Table::holding_register,
                        .first = list.address,
                        .count = static_cast<std::uint16_t>(list.parameters.size()),
                        .points = {}};
  const auto attempt =
      co_await ask(meter, request, attempts_for(meter, effort != Effort::full), shown);
  if (attempt == Attempt::answered || attempt == Attempt::refused) {
    heard_[&meter] = shown.at.instant;
  } else if (attempt == Attempt::line_lost) {
    line_->close();
  }
  co_return attempt;
}

auto MeterReader::may_write_scan_list(const MeterSettings& meter) const -> bool {
  const auto state = lists_.find(&meter);
  return writes_scan_lists_ && meter.writes_scan_list &&
         (state == lists_.end() || clock_.now().instant >= state->second.write_from);
}

auto MeterReader::write_scan_list(const MeterSettings& meter) -> boost::asio::awaitable<bool> {
  if (!may_write_scan_list(meter)) {
    co_return false;
  }
  const auto now = clock_.now().instant;
  auto& state = lists_[&meter];
  if (now - state.write_from > 2 * longest_pause_of_writes) {
    state.pause = {};  // it has held
  }
  state.pause = std::clamp<reading::Instant::duration>(2 * state.pause, first_pause_of_writes,
                                                       longest_pause_of_writes);
  state.write_from = now + state.pause;
  const auto& list = *meter.model->scan_list;
  std::vector<std::byte> bytes(2 * list.parameters.size());
  wire::ByteWriter out{bytes};
  for (const auto parameter : list.parameters) {
    out.u16(parameter);
  }
  const auto pdu = wire::encode_request(wire::WriteRegisters{
      .first = wire::RegisterAddress{list.address}, .values = wire::RegistersView{bytes}});
  if (!pdu) {
    co_return false;  // a model's list fits into one request: never seen
  }
  const auto written = co_await write(meter, *pdu);
  written_list_ = WrittenList{.meter = &meter,
                              .taken = written.outcome == modbus::Outcome::answered,
                              .exception_code = written.gathered.exception_code};
  co_return written_list_->taken;
}

}  // namespace bornier::app
