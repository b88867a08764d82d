// SPDX-License-Identifier: Apache-2.0
#include "app/owed_answers.hpp"

#include <algorithm>
#include <chrono>

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

/// So many times the longest patience, and at least so long after it was sent, a request is taken
/// to be under way still. Adapters and converters hold answers back whatever the patience is.
constexpr int patiences = 3;
constexpr reading::Instant::duration least_window = 1s;

auto same(const wire::Read& one, const wire::Read& other) -> bool {
  return one.table == other.table && one.first == other.first && one.quantity == other.quantity;
}

}  // namespace

void OwedAnswers::add(wire::UnitId unit, const wire::Read& read, reading::Instant sent,
                      reading::Instant::duration usual, reading::Instant::duration longest) {
  const auto window = std::max(patiences * longest, least_window);
  units_[unit].push_back({.read = read,
                          .sent = sent,
                          .longest = longest,
                          .ask_again = sent + 2 * usual,
                          .ask_other = sent + window});
}

void OwedAnswers::came(wire::UnitId unit, const wire::Read& read, reading::Instant at) {
  const auto of_unit = units_.find(unit);
  if (of_unit == units_.end()) {
    return;
  }
  auto& copies = of_unit->second;
  const auto oldest = std::find_if(copies.begin(), copies.end(),
                                   [&](const Copy& copy) { return same(copy.read, read); });
  if (oldest == copies.end()) {
    return;
  }
  const auto took = at - oldest->sent;
  copies.erase(oldest);
  for (auto& copy : copies) {
    if (same(copy.read, read)) {
      copy.ask_other = std::max(copy.ask_other, copy.sent + took + copy.longest);
    }
  }
}

auto OwedAnswers::before(wire::UnitId unit, const wire::Read& read, reading::Instant now)
    -> std::optional<Owed> {
  const auto of_unit = units_.find(unit);
  if (of_unit == units_.end()) {
    return std::nullopt;
  }
  auto& copies = of_unit->second;
  std::erase_if(copies, [&](const Copy& copy) { return copy.ask_other <= now; });
  std::optional<Owed> result;
  for (const auto& copy : copies) {
    const auto until = same(copy.read, read) ? copy.ask_again : copy.ask_other;
    if (copy.read.table == read.table && until > now && (!result || until > result->until)) {
      result = Owed{.read = copy.read, .until = until};
    }
  }
  return result;
}

auto OwedAnswers::owes(wire::UnitId unit, reading::Instant now) const -> bool {
  const auto of_unit = units_.find(unit);
  return of_unit != units_.end() && std::ranges::any_of(of_unit->second, [now](const Copy& copy) {
           return copy.ask_other > now;
         });
}

}  // namespace bornier::app
