// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "app/meter_reader.hpp"
#include "model/sunspec.hpp"

/// Where a meter of relative addresses has what its model reads.
namespace bornier::app {
namespace {

/// A meter that lacks a SunSpec model, or refuses everything, may have got a new firmware.
constexpr std::chrono::minutes locate_again_after{10};
/// Its neighbours on the line wait for no longer search than this at once.
constexpr int steps_of_a_search = 10;

/// Other codes say that the meter cannot answer just now.
auto means_no_such_register(std::uint8_t exception_code) -> bool {
  switch (static_cast<wire::ExceptionCode>(exception_code)) {
    case wire::ExceptionCode::illegal_function:
    case wire::ExceptionCode::illegal_data_address:
    case wire::ExceptionCode::illegal_data_value: return true;
    default: return false;
  }
}

}  // namespace

auto MeterReader::locate(const MeterSettings& meter, Effort effort)
    -> boost::asio::awaitable<std::optional<modbus::Outcome>> {
  auto& [walk, ended] =
      searches_.try_emplace(&meter, Search{model::SunSpecWalk{meter.model->sunspec}, {}})
          .first->second;
  if (!walk.next()) {
    co_return std::nullopt;
  }
  bool reopened = false;
  const int most = effort == Effort::probe ? 1 : steps_of_a_search;
  for (int step = 0; step < most && walk.next(); ++step) {
    const Request look{wire::Table::holding_register, *walk.next(), model::sunspec_header, {}};
    Gathered one;
    const auto attempt =
        co_await ask(meter, look, attempts_for(meter, effort != Effort::full), one);
    switch (attempt) {
      case Attempt::answered:
        heard_[&meter] = one.at.instant;
        walk.answered({one.words[0], one.words[1]});
        break;
      case Attempt::refused:
        heard_[&meter] = one.at.instant;
        if (!means_no_such_register(one.exception_code)) {
          co_return modbus::Outcome::failed;
        }
        walk.refused();
        break;
      case Attempt::silent:
        walk.silent();
        if (walk.next()) {
          co_return modbus::Outcome::silent;
        }
        break;
      case Attempt::line_lost: {
        const bool open = co_await reopen(reopened);
        if (!open) {
          co_return modbus::Outcome::bus_down;
        }
        break;
      }
    }
  }
  if (walk.next()) {
    co_return modbus::Outcome::answered;  // the rest of the search at the next poll
  }
  ended = clock_.now().instant;
  co_return std::nullopt;
}

void MeterReader::doubt(const MeterSettings& meter, modbus::Outcome outcome) {
  const auto search = searches_.find(&meter);
  if (search == searches_.end()) {
    return;
  }
  const auto& found = search->second.walk.found();
  const bool lacks_one =
      std::any_of(found.begin(), found.end(), [](const auto& first) { return !first.has_value(); });
  const bool is_old = clock_.now().instant - search->second.ended >= locate_again_after;
  // After an outage another device may stand there.
  const bool was_away = outcome == modbus::Outcome::silent || outcome == modbus::Outcome::bus_down;
  if (was_away || (is_old && (lacks_one || outcome == modbus::Outcome::failed))) {
    searches_.erase(search);
  }
}

auto MeterReader::lacks(const MeterSettings& meter, const Request& request) const -> bool {
  if (shows_other_parameters(meter, request)) {
    return true;
  }
  const auto search = searches_.find(&meter);
  const auto which = model::sunspec_model_at(*meter.model, request.first);
  return search != searches_.end() && which && !search->second.walk.found()[*which];
}

auto MeterReader::read_of(const MeterSettings& meter, const Request& request) const -> wire::Read {
  auto first = request.first;
  const auto search = searches_.find(&meter);
  const auto which = model::sunspec_model_at(*meter.model, first);
  if (search != searches_.end() && !search->second.walk.next() && which) {
    const auto there = search->second.walk.found()[*which].value_or(0);
    first = static_cast<std::uint16_t>(first - meter.model->sunspec[*which].first + there);
  }
  return {.table = request.table, .first = wire::RegisterAddress{first}, .quantity = request.count};
}

}  // namespace bornier::app
