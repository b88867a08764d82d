// SPDX-License-Identifier: Apache-2.0
#include "app/meter_learning.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/pdu.hpp"

namespace bornier::app {
namespace {

constexpr std::chrono::seconds first_pause{60};
constexpr std::chrono::seconds longest_pause{3'600};
/// A device that refuses something else every time is not learned by heart.
constexpr std::size_t most_ranges = 200;
constexpr std::size_t most_searches = 32;
/// So often a question of a search brings neither an answer nor a refusal before it is given up.
constexpr unsigned most_tries = 5;

/// Codes that speak of the registers asked for, and not of the meter's state.
auto speaks_of_registers(std::uint8_t exception_code) -> bool {
  switch (static_cast<wire::ExceptionCode>(exception_code)) {
    case wire::ExceptionCode::illegal_data_address:
    case wire::ExceptionCode::illegal_data_value: return true;
    default: return false;
  }
}

auto request_for(const modbus::Range& range) -> Request {
  return {.table = range.table,
          .first = range.first,
          .count = static_cast<std::uint16_t>(range.count),
          .points = {}};
}

}  // namespace

MeterLearning::MeterLearning(const MeterSettings& meter, modbus::Refusals known)
    : meter_{meter},
      known_{std::move(known)},
      pause_{first_pause},
      search_pause_{first_pause},
      exception_code_{static_cast<std::uint8_t>(wire::ExceptionCode::illegal_data_address)} {}

auto MeterLearning::begins_with(const Gathered& one) -> bool {
  // The places of SunSpec models are found anew after an outage: nothing is learned by address.
  if (!speaks_of_registers(one.exception_code) || !meter_.model->sunspec.empty() ||
      one.at.instant < search_from_ || searches_.size() >= most_searches ||
      known_.boundaries.size() + known_.lacking.size() >= most_ranges) {
    return false;
  }
  const auto& request = *one.request;
  const modbus::Range whole{.table = request.table, .first = request.first, .count = request.count};
  if (std::ranges::find(searches_, whole, &Search::whole) != searches_.end()) {
    return true;
  }
  auto parts = parts_of(*meter_.model, request);
  if (parts.empty() || std::ranges::find(known_.lacking, parts.front()) != known_.lacking.end()) {
    return false;
  }
  searches_.push_back({modbus::RefusalSearch{std::move(parts)}, whole});
  return true;
}

void MeterLearning::answered(const Request& request) {
  const auto erased = std::erase_if(known_.lacking, [&](const modbus::Range& range) {
    return range.table == request.table && range.first >= request.first &&
           range.first + range.count <= request.first + std::uint32_t{request.count};
  });
  news_ = news_ || erased > 0;
}

void MeterLearning::poll_ended(modbus::Outcome outcome) {
  meter_answers_ = outcome == modbus::Outcome::answered;
  if (outcome == modbus::Outcome::silent || outcome == modbus::Outcome::bus_down) {
    // After an outage another device may stand there.
    pause_ = first_pause;
    search_pause_ = first_pause;
  }
}

auto MeterLearning::next(reading::Instant now) -> std::optional<Request> {
  if (!searches_.empty()) {
    return request_for(*searches_.front().search.next());
  }
  if (to_ask_.empty() && !known_.lacking.empty() && (!asked_ || now >= *asked_ + pause_)) {
    to_ask_ = known_.lacking;
    pause_ = asked_ ? std::min(pause_ * 2, longest_pause) : pause_;
    asked_ = now;
  }
  return to_ask_.empty() ? std::nullopt : std::optional{request_for(to_ask_.back())};
}

auto MeterLearning::came(const Gathered& one) -> bool {
  const bool refused = speaks_of_registers(one.exception_code);
  if (one.words.empty() && !refused) {
    if (!searches_.empty() && ++tries_ >= most_tries) {
      give_up(one.at.instant);
    }
    return false;
  }
  tries_ = 0;
  if (refused) {
    exception_code_ = one.exception_code;
  }
  if (!searches_.empty()) {
    auto& [search, whole, any_answer] = searches_.front();
    any_answer = any_answer || !refused;
    refused ? search.refused() : search.answered();
    if (!search.next()) {
      end_search(one.at.instant);
    }
  } else if (!to_ask_.empty()) {
    if (!refused) {
      std::erase(known_.lacking, to_ask_.back());
      pause_ = first_pause;
      news_ = true;
    }
    to_ask_.pop_back();
  }
  return true;
}

void MeterLearning::give_up(reading::Instant now) {
  searches_.erase(searches_.begin());
  tries_ = 0;
  search_from_ = now + search_pause_;
  search_pause_ = std::min(search_pause_ * 2, longest_pause);
}

void MeterLearning::end_search(reading::Instant now) {
  const auto& ended = searches_.front();
  if (!ended.any_answer && !meter_answers_) {
    // It refuses everything: just starting, perhaps. That says nothing of single registers.
    give_up(now);
    return;
  }
  const auto before = known_;
  add(known_, ended.search.found());
  searches_.erase(searches_.begin());
  search_pause_ = first_pause;
  if (known_ != before) {
    pause_ = first_pause;
    asked_ = now;
    news_ = true;
  }
}

auto MeterLearning::is_lacking(std::size_t point) const -> bool {
  return std::ranges::any_of(known_.lacking, [&](const auto& range) {
    return needs_registers(*meter_.model, point, range);
  });
}

auto without_lacking(const MeterLearning& learning, std::span<const std::size_t> points)
    -> std::vector<std::size_t> {
  std::vector<std::size_t> kept;
  std::ranges::copy_if(points, std::back_inserter(kept),
                       [&](const auto point) { return !learning.is_lacking(point); });
  return kept;
}

}  // namespace bornier::app
