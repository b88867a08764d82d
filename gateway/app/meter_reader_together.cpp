// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "app/meter_reader.hpp"
#include "io/run_exchange.hpp"
#include "modbus/pipeline.hpp"

/// Requests that go out at once to a meter that takes them so.
namespace bornier::app {
namespace {

constexpr std::chrono::minutes first_time_singly{1};
constexpr std::chrono::hours longest_time_singly{1};
/// Once may be chance.
constexpr unsigned troubles_that_are_told = 2;

/// A server with fewer transactions than its model says answers those that are too many so.
auto is_busy(std::uint8_t exception_code) -> bool {
  const auto code = static_cast<wire::ExceptionCode>(exception_code);
  return code == wire::ExceptionCode::server_device_busy ||
         code == wire::ExceptionCode::acknowledge;
}

}  // namespace

auto MeterReader::in_flight(const MeterSettings& meter, Effort effort) const -> std::size_t {
  // One that may be gone is not asked more than is needed to find that out.
  const bool is_there = effort == Effort::full && heard_.contains(&meter);
  const auto trust = trust_.find(&meter);
  const bool takes_them =
      trust == trust_.end() || clock_.now().instant >= trust->second.singly_until;
  return settings_.transport == Transport::tcp && is_there && takes_them
             ? meter.model->timing.in_flight
             : 1;
}

auto MeterReader::ask_together(const MeterSettings& meter,
                               const std::vector<const Request*>& requests)
    -> boost::asio::awaitable<Together> {
  Together together;
  std::vector<wire::Pdu> pdus;
  for (const auto* request : requests) {
    const auto pdu = wire::encode_request(read_of(meter, *request));
    if (!pdu) {
      co_return together;
    }
    pdus.push_back(*pdu);
  }
  if (pdus.size() < 2 || !line_->is_open()) {
    co_return together;
  }
  auto& unit = figures_.units[meter.unit_id.value()];
  const auto patience = patience_for(meter.model->timing, unit, *requests.front()).usual;
  co_await keep_pause(meter);
  modbus::Pipeline pipeline{meter.unit_id, pdus,
                            wire::TransactionId{static_cast<std::uint16_t>(transaction_ + 1)},
                            patience};
  transaction_ = static_cast<std::uint16_t>(transaction_ + pdus.size());
  note_asked(unit, pdus.size());
  const auto run = co_await io::run(pipeline, *line_, clock_);
  quiet_since_ = clock_.now().instant;
  note_discarded(pipeline.discarded(), unit);
  for (std::size_t index = 0; index < requests.size(); ++index) {
    if (const auto& came = pipeline.came(index)) {
      take_together(*came, *requests[index], unit, together);
    }
  }
  const auto first = together.find(requests.front());
  if (first != together.end()) {
    unit.latencies.add(first->second.second.took);  // the others waited for it, too
  }
  note_trust(meter, together.size() == requests.size());
  if (run && !pipeline.is_broken()) {
    figures_.timeouts += pipeline.unanswered();
    unit.timeouts += pipeline.unanswered();
    co_return together;
  }
  // Some servers close the connection when a second request comes before they have answered.
  figures_.last_error =
      run ? std::string{to_text(modbus::Fault::broken_stream)} : run.error().message();
  line_->close();
  static_cast<void>(co_await connect());
  co_return together;
}

void MeterReader::take_together(const modbus::Pipeline::Came& came, const Request& request,
                                modbus::UnitHealth& unit, Together& together) {
  const auto now = clock_.now();
  Gathered gathered;
  gathered.request = &request;
  gathered.at = {.instant = came.at,
                 .stamp = now.stamp - std::chrono::floor<milliseconds>(now.instant - came.at)};
  gathered.took = came.at - asked_;
  auto attempt = Attempt::silent;
  if (came.result) {
    gathered.words = words_of(*came.result, request);
    note_answer(unit);
    attempt = Attempt::answered;
  } else {
    attempt = judge(make_error_code(came.result.error()), unit, gathered);
  }
  unit.timeouts_in_a_row = 0;
  if (attempt == Attempt::answered ||
      (attempt == Attempt::refused && !is_busy(gathered.exception_code))) {
    together.emplace(&request, std::pair{attempt, std::move(gathered)});
  }
}

void MeterReader::note_trust(const MeterSettings& meter, bool all_came) {
  auto& trust = trust_[&meter];
  if (all_came) {
    trust.troubles = 0;
    return;
  }
  const auto doublings = std::min(trust.troubles, 6U);
  const auto singly =
      std::min<std::chrono::minutes>(first_time_singly * (1U << doublings), longest_time_singly);
  trust.singly_until = clock_.now().instant + singly;
  if (++trust.troubles == troubles_that_are_told) {
    overtaxed_ = &meter;
  }
}

}  // namespace bornier::app
