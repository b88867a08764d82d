// SPDX-License-Identifier: Apache-2.0
#include "modbus/bus_health.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

namespace bornier::modbus {
namespace {

using std::chrono::milliseconds;
using Duration = reading::Instant::duration;

constexpr unsigned smallest_power = 8;  ///< 2^8 µs end the first bucket
constexpr std::uint32_t remembered = 1'024;
constexpr std::chrono::minutes window_of_counts{30};
constexpr Duration slot_length = std::chrono::seconds{10};
constexpr Duration window = std::chrono::seconds{60};
constexpr milliseconds shortest_patience{250};
constexpr std::uint32_t enough_answers = 10;
constexpr std::uint32_t slow_answers_permille = 990;
/// A pattern needs so many requests before it means anything.
constexpr std::uint64_t enough_requests = 20;

auto bucket_of(Duration took) -> std::size_t {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
  const auto power = static_cast<unsigned>(std::bit_width(us));
  if (power <= smallest_power) {
    return 0;
  }
  const auto quarter = (us >> (power - 3U)) & 3U;
  return std::size_t{power - smallest_power - 1U} * 4U + quarter + 1U;
}

auto upper_edge(std::size_t bucket) -> Duration {
  if (bucket == 0) {
    return Duration{1U << smallest_power};
  }
  const auto power = static_cast<unsigned>((bucket - 1) / 4 + smallest_power + 1);
  const auto quarter = (bucket - 1) % 4;
  return Duration{static_cast<std::int64_t>((5U + quarter) << (power - 3U))};
}

auto share(std::uint64_t part, std::uint64_t whole) -> double {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

auto percent(std::uint64_t part, std::uint64_t whole) -> std::string {
  return std::to_string(std::lround(100.0 * share(part, whole))) + " %";
}

/// By unit id.
using RecentCounts = std::map<std::uint8_t, UnitCounts>;

auto exceptions_of(const UnitCounts& unit, std::uint8_t code) -> std::uint64_t {
  const auto found = unit.exceptions.find(code);
  return found == unit.exceptions.end() ? 0 : found->second;
}

auto speaks(const UnitCounts& unit) -> bool {
  return unit.answers > 0 || !unit.exceptions.empty();
}

auto is_noisy(const UnitCounts& unit) -> bool {
  return unit.requests >= enough_requests && share(unit.damaged, unit.requests) >= 0.02;
}

/// Of the line as a whole: nothing is understood.
auto hint_of_mute_line(const RecentCounts& units) -> std::optional<std::string> {
  std::uint64_t requests = 0;
  std::uint64_t rubbish = 0;
  for (const auto& [id, unit] : units) {
    if (speaks(unit)) {
      return std::nullopt;
    }
    requests += unit.requests;
    rubbish += unit.damaged + unit.foreign + unit.stray;
  }
  if (requests < enough_requests) {
    return std::nullopt;
  }
  if (rubbish > 0) {
    return "something answers, but nothing of it is understood: baud, parity or stop bits differ "
           "from the meters'";
  }
  return "no byte has come in " + std::to_string(requests) +
         " requests: are A and B swapped, is the line connected and powered, is the baud right?";
}

auto hints_of_noise(const RecentCounts& units) -> std::vector<std::string> {
  std::vector<std::string> said;
  std::size_t live = 0;
  std::size_t noisy = 0;
  for (const auto& [id, unit] : units) {
    live += speaks(unit) ? 1U : 0U;
    noisy += is_noisy(unit) ? 1U : 0U;
  }
  if (noisy >= 3 && 2 * noisy >= live) {
    said.emplace_back(
        "answers of most units come damaged: look at termination, biasing, the shield and the "
        "length of stubs");
    return said;
  }
  for (const auto& [id, unit] : units) {
    if (!is_noisy(unit)) {
      continue;
    }
    const auto damaged = percent(unit.damaged, unit.requests);
    said.push_back("unit " + std::to_string(id) + ": " + damaged + " of its answers come damaged" +
                   (live > 1 && noisy == 1
                        ? ", and only its: have two meters this address? Switch one off and look"
                        : ": look at its wiring"));
  }
  return said;
}

auto hints_of_unit(std::uint8_t id, const UnitCounts& unit, bool spoke_ever, bool others_speak)
    -> std::vector<std::string> {
  constexpr std::uint8_t gateway_path_unavailable = 0x0A;
  constexpr std::uint8_t gateway_target_silent = 0x0B;
  constexpr std::uint8_t device_busy = 0x06;
  std::vector<std::string> said;
  const auto who = "unit " + std::to_string(id) + ": ";
  const auto of_gateway =
      exceptions_of(unit, gateway_path_unavailable) + exceptions_of(unit, gateway_target_silent);
  if (of_gateway > 0 && unit.answers == 0) {
    said.push_back(who +
                   "the converter in front of it says that it does not answer: look at the "
                   "converter's line, its baud and parity");
  } else if (!speaks(unit) && unit.requests >= 3 && others_speak) {
    said.push_back(who + (spoke_ever ? "does not answer any more" : "has never answered") +
                   ", others on this bus do: look at its address, its power and its connection");
  }
  if (unit.late >= 3 && share(unit.late, unit.requests) >= 0.02) {
    said.push_back(who + std::to_string(unit.late) +
                   " answers came after they were given up: raise `timeout` of the bus");
  }
  if (const auto busy = exceptions_of(unit, device_busy);
      busy >= 3 && share(busy, unit.requests) >= 0.02) {
    said.push_back(who + "was busy in " + percent(busy, unit.requests) +
                   " of the requests (exception 6): poll it less often, or look who else asks it");
  }
  return said;
}

auto difference(const UnitCounts& now, const UnitCounts& before) -> UnitCounts {
  UnitCounts since = now;
  since.requests -= before.requests;
  since.answers -= before.answers;
  since.timeouts -= before.timeouts;
  since.damaged -= before.damaged;
  since.foreign -= before.foreign;
  since.late -= before.late;
  since.stray -= before.stray;
  for (const auto& [code, count] : before.exceptions) {
    since.exceptions[code] -= count;
  }
  std::erase_if(since.exceptions, [](const auto& entry) { return entry.second == 0; });
  return since;
}

}  // namespace

void Latencies::add(Duration took) noexcept {
  auto& count = counts_.at(std::min(bucket_of(took), counts_.size() - 1));
  ++count;
  ++count_;
  if (count_ >= remembered) {
    count_ = 0;
    for (auto& each : counts_) {
      each /= 2;
      count_ += each;
    }
  }
}

auto Latencies::percentile(std::uint32_t permille) const noexcept -> std::optional<Duration> {
  if (count_ == 0) {
    return std::nullopt;
  }
  const auto wanted = std::max<std::uint32_t>((count_ * permille + 999) / 1'000, 1);
  std::uint32_t reached = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    reached += counts_[bucket];
    if (reached >= wanted) {
      return upper_edge(bucket);
    }
  }
  return upper_edge(counts_.size() - 1);
}

void Occupancy::busy(reading::Instant from, reading::Instant until) {
  from = std::max(from, until - window);
  while (from < until) {
    const auto number = from.time_since_epoch() / slot_length;
    const auto end = std::min(until, reading::Instant{(number + 1) * slot_length});
    auto& slot = slots_.at(static_cast<std::size_t>(number) % slots_.size());
    if (slot.number != number) {
      slot = {.number = number, .busy = {}};
    }
    slot.busy += end - from;
    from = end;
  }
}

/// Whole slots, and of the oldest the part that still lies within the window.
auto Occupancy::permille(reading::Instant begin, reading::Instant now) const -> std::uint32_t {
  const auto since = std::max(begin, now - window);
  if (since >= now) {
    return 0;
  }
  Duration busy{};
  for (const auto& slot : slots_) {
    const auto first = reading::Instant{slot.number * slot_length};
    const auto last = first + slot_length;
    if (slot.number < 0 || last <= since || first > now) {
      continue;
    }
    const auto inside = std::min(last, now) - std::max(first, since);
    const auto length = std::min(last, now) - std::max(first, begin);
    busy += slot.busy * inside.count() / std::max<std::int64_t>(length.count(), 1);
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(1'000 * busy / (now - since), 1'000));
}

void UnitHealth::look(reading::Instant now) {
  if (window_since_ && now < *window_since_ + window_of_counts) {
    return;
  }
  const UnitCounts& counts = *this;
  if (window_since_) {
    at_window_before_ = std::move(at_window_);
  } else {
    at_window_before_ = counts;
  }
  at_window_ = counts;
  window_since_ = now;
}

auto UnitHealth::recent() const -> UnitCounts {
  return difference(*this, at_window_before_);
}

auto patience(const UnitHealth& unit, milliseconds ceiling) -> Duration {
  const auto slow = unit.latencies.percentile(slow_answers_permille);
  if (!slow || unit.latencies.count() < enough_answers) {
    return ceiling;
  }
  const bool takes_its_time = unit.timeouts_in_a_row % 4 == 3;
  return takes_its_time
             ? ceiling
             : std::min(std::max<Duration>(4 * *slow, shortest_patience), Duration{ceiling});
}

auto hints(const UnitsHealth& health, LineKind kind) -> std::vector<std::string> {
  RecentCounts units;
  for (const auto& [id, unit] : health) {
    units.emplace(id, unit.recent());
  }
  std::vector<std::string> said;
  if (kind == LineKind::serial) {
    if (auto mute = hint_of_mute_line(units)) {
      said.push_back(std::move(*mute));
      return said;
    }
    said = hints_of_noise(units);
  }
  const bool any_speaks =
      std::ranges::any_of(units, [](const auto& entry) { return speaks(entry.second); });
  std::uint64_t requests = 0;
  std::uint64_t foreign = 0;
  for (const auto& [id, unit] : units) {
    requests += unit.requests;
    foreign += unit.foreign;
    auto of_unit = hints_of_unit(id, unit, speaks(health.at(id)), any_speaks);
    std::ranges::move(of_unit, std::back_inserter(said));
  }
  if (kind == LineKind::serial && requests >= enough_requests && share(foreign, requests) >= 0.02) {
    said.emplace_back(
        "answers come that nobody here has asked for: does another master ask on this line?");
  }
  return said;
}

}  // namespace bornier::modbus
