// SPDX-License-Identifier: Apache-2.0
#include "model/counters.hpp"

#include <limits>
#include <utility>

#include "model/bytes_of_memory.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;

auto has_wrapped(const Point& point, Decimal before, Decimal after) -> bool {
  if (!point.rollover || point.rollover->exponent == std::numeric_limits<std::int8_t>::min()) {
    return false;
  }
  auto tenth = *point.rollover;
  --tenth.exponent;
  auto nine_tenths = tenth;
  return !__builtin_mul_overflow(tenth.mantissa, 9, &nine_tenths.mantissa) &&
         compare(before, nine_tenths) > 0 && compare(after, tenth) < 0;
}

/// A scale register moved the point: what is cut off has not been given back.
auto is_only_coarser(Decimal before, Decimal after) -> bool {
  const auto next = sum(after, {1, after.exponent});
  return after.exponent > before.exponent && next && compare(before, *next) < 0;
}

constexpr std::chrono::minutes tell_falls_every{1};

// Bytes: version 1; then 17 a counter: digest, mantissa, exponent.
constexpr char version_of_counters = 1;
constexpr std::size_t counter_bytes = 17;
constexpr std::size_t most_counters = 240;

}  // namespace

auto is_counter(const Point& point) noexcept -> bool {
  return point.quantity->kind == reading::Kind::counter &&
         point.quantity->rule == reading::IntervalRule::delta;
}

auto Counters::take(const Point& point, Decimal value, std::optional<reading::Stamp> time)
    -> std::optional<Decimal> {
  const auto [last, is_first] = last_.try_emplace(digest(point.name), Last{value, time});
  const bool is_late = time && last->second.time && *time < *last->second.time;
  if (is_first || is_late) {
    return std::nullopt;
  }
  const auto before = std::exchange(last->second, Last{value, time}).value;
  const bool fell = compare(value, before) < 0 && !has_wrapped(point, before, value) &&
                    !is_only_coarser(before, value);
  return fell ? std::optional{before} : std::nullopt;
}

auto Counters::to_bytes() const -> std::string {
  std::string bytes{version_of_counters};
  for (const auto& [name, last] : last_) {
    if (bytes.size() > most_counters * counter_bytes) {
      break;
    }
    put(name, 8, bytes);
    put(static_cast<std::uint64_t>(last.value.mantissa), 8, bytes);
    put(static_cast<std::uint8_t>(last.value.exponent), 1, bytes);
  }
  return bytes;
}

auto Counters::of_bytes(std::string_view bytes) -> std::optional<Counters> {
  if (bytes.empty() || bytes.front() != version_of_counters ||
      (bytes.size() - 1) % counter_bytes != 0) {
    return std::nullopt;
  }
  Counters counters;
  for (std::size_t at = 1; at < bytes.size(); at += counter_bytes) {
    const Decimal value{static_cast<std::int64_t>(get(bytes.substr(at + 8, 8))),
                        static_cast<std::int8_t>(get(bytes.substr(at + 16, 1)))};
    counters.last_.insert_or_assign(get(bytes.substr(at, 8)), Last{value, std::nullopt});
  }
  return counters;
}

auto FallReport::take(const Model& model, std::span<const Fall> falls, reading::Instant now)
    -> std::optional<Told> {
  waiting_ += static_cast<std::int64_t>(falls.size());
  if (!falls.empty()) {
    last_ = falls.back();
  }
  if (waiting_ == 0 || (told_at_ && now < *told_at_ + tell_falls_every)) {
    return std::nullopt;
  }
  told_at_ = now;
  Told told{.falls = std::exchange(waiting_, 0),
            .text = model.points[last_.point].name + " fell from " + to_text(last_.before) +
                    " to " + to_text(last_.after)};
  if (told.falls > 1) {
    told.text += "; " + std::to_string(told.falls) + " falls since the last event";
  }
  return told;
}

}  // namespace bornier::model
