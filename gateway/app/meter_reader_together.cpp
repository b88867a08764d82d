// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "app/meter_reader.hpp"
#include "io/run_exchange.hpp"
#include "modbus/pipeline.hpp"

/// Requests that go out at once to a meter that takes them so.
namespace bornier::app {

auto MeterReader::in_flight(const MeterSettings& meter, Effort effort) const -> std::size_t {
  // One that may be gone is not asked more than is needed to find that out.
  const bool is_there = effort == Effort::full && heard_.contains(&meter);
  return settings_.transport == Transport::tcp && is_there ? meter.model->timing.in_flight : 1;
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
  // A line that is lost shows itself to whoever asks next.
  static_cast<void>(co_await io::run(pipeline, *line_, clock_));
  const auto now = clock_.now();
  quiet_since_ = now.instant;
  note_discarded(pipeline.discarded(), unit);
  if (pipeline.is_broken()) {
    line_->close();
  }
  for (std::size_t index = 0; index < requests.size(); ++index) {
    const auto& came = pipeline.came(index);
    if (!came) {
      continue;
    }
    Gathered gathered;
    gathered.request = requests[index];
    gathered.at = {.instant = came->at,
                   .stamp = now.stamp - std::chrono::floor<milliseconds>(now.instant - came->at)};
    gathered.took = came->at - asked_;
    auto attempt = Attempt::silent;
    if (came->result) {
      gathered.words = words_of(*came->result, *requests[index]);
      note_answer(unit);
      attempt = Attempt::answered;
    } else {
      attempt = judge(make_error_code(came->result.error()), unit, gathered);
    }
    if (attempt == Attempt::answered || attempt == Attempt::refused) {
      unit.timeouts_in_a_row = 0;
      together.emplace(requests[index], std::pair{attempt, std::move(gathered)});
    }
  }
  const auto first = together.find(requests.front());
  if (first != together.end()) {
    unit.latencies.add(first->second.second.took);  // the others waited for it, too
  }
  const auto unanswered = pipeline.unanswered();
  figures_.timeouts += unanswered;
  unit.timeouts += unanswered;
  co_return together;
}

}  // namespace bornier::app
