// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "app/meter_reader.hpp"

/// What a MeterReader does because a person asks for it.
namespace bornier::app {

auto MeterReader::look(const MeterSettings& meter, const Request& request, Effort effort)
    -> boost::asio::awaitable<Looked> {
  Looked looked;
  looked.outcome = modbus::Outcome::silent;
  looked.gathered.at = clock_.now();
  const auto owed = owed_.before(meter.unit_id, read_of(meter, request), clock_.now().instant);
  const auto& unit = figures_.units[meter.unit_id.value()];
  const auto patience = patience_for(meter.model->timing, unit, request).longest;
  if (neighbours_ == Neighbours::waiting && owed && owed->until - clock_.now().instant > patience) {
    co_return looked;  // the wait would be its neighbours'
  }
  bool reopened = false;
  for (;;) {
    if (!line_->is_open()) {
      const auto connected = co_await connect();
      if (!connected) {
        looked.outcome = modbus::Outcome::bus_down;
        co_return looked;
      }
    }
    looked.gathered = Gathered{};
    looked.gathered.request = &request;
    const auto attempts = attempts_for(meter, effort != Effort::full);
    const auto attempt = co_await ask(meter, request, attempts, looked.gathered);
    if (attempt == Attempt::line_lost) {
      const bool open = co_await reopen(reopened);
      if (open) {
        continue;
      }
    }
    looked.outcome = outcome_of(attempt);
    co_return looked;
  }
}

auto MeterReader::outcome_of(Attempt attempt) noexcept -> modbus::Outcome {
  switch (attempt) {
    case Attempt::answered: return modbus::Outcome::answered;
    case Attempt::refused: return modbus::Outcome::failed;
    case Attempt::silent: return modbus::Outcome::silent;
    case Attempt::line_lost: return modbus::Outcome::bus_down;
  }
  return modbus::Outcome::silent;
}

auto MeterReader::write(const MeterSettings& meter, const wire::Pdu& pdu)
    -> boost::asio::awaitable<Looked> {
  Looked looked;
  looked.outcome = modbus::Outcome::failed;
  if (meter.unit_id == wire::UnitId{0}) {
    co_return looked;
  }
  if (!line_->is_open()) {
    looked.outcome = modbus::Outcome::bus_down;
    co_return looked;
  }
  // Its answer is as long as that of a small read.
  const Request like{wire::Table::holding_register, 0, 2, {}};
  auto& unit = figures_.units[meter.unit_id.value()];
  const auto patience = patience_for(meter.model->timing, unit, like);
  // What takes a setting may be slower than what is read.
  const auto result = co_await exchange(meter, pdu, patience.longest, looked.gathered.at);
  if (result) {
    note_answer(unit);
    looked.outcome = modbus::Outcome::answered;
    co_return looked;
  }
  looked.outcome = outcome_of(judge(result.error(), unit, looked.gathered));
  const auto code = static_cast<wire::ExceptionCode>(looked.gathered.exception_code);
  if (code == wire::ExceptionCode::acknowledge) {
    looked.outcome = modbus::Outcome::answered;
  }
  co_return looked;
}

void MeterReader::forget(const std::vector<Request>& requests) {
  for (const auto& request : requests) {
    begin_at_.erase(&request);
    silences_.erase(&request);
  }
}

}  // namespace bornier::app
