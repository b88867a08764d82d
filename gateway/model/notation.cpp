// SPDX-License-Identifier: Apache-2.0
#include "model/notation.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace bornier::model {
namespace {

struct Multiple {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array duration_units{Multiple{"ms", 1}, Multiple{"s", 1'000},
                                    Multiple{"min", 60'000}, Multiple{"h", 3'600'000},
                                    Multiple{"d", 86'400'000}};
constexpr std::array byte_units{Multiple{"B", 1},
                                Multiple{"kB", 1'000},
                                Multiple{"KiB", 1ULL << 10U},
                                Multiple{"MB", 1'000'000},
                                Multiple{"MiB", 1ULL << 20U},
                                Multiple{"GB", 1'000'000'000},
                                Multiple{"GiB", 1ULL << 30U}};
constexpr std::uint64_t longest_duration = 100ULL * 366 * 86'400'000;

auto parse(std::string_view text, std::span<const Multiple> units) -> std::optional<std::uint64_t> {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  std::string_view name{rest, static_cast<std::size_t>(end - rest)};
  if (name.starts_with(' ')) {
    name.remove_prefix(1);
  }
  for (const auto& unit : units) {
    if (unit.name == name) {
      if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) {
        return std::nullopt;
      }
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

/// `units` ascend.
auto write(std::uint64_t number, std::span<const Multiple> units) -> std::string {
  const Multiple* best = units.data();
  for (const auto& unit : units) {
    if (number != 0 && number % unit.factor == 0) {
      best = &unit;
    }
  }
  return std::to_string(number / best->factor) + std::string{best->name};
}

}  // namespace

auto parse_duration(std::string_view text) -> std::optional<std::chrono::milliseconds> {
  const auto milliseconds = parse(text, duration_units);
  if (!milliseconds || *milliseconds > longest_duration) {
    return std::nullopt;
  }
  return std::chrono::milliseconds{static_cast<std::int64_t>(*milliseconds)};
}

auto parse_bytes(std::string_view text) -> std::optional<std::uint64_t> {
  return parse(text, byte_units);
}

auto parse_byte_rate(std::string_view text) -> std::optional<std::uint64_t> {
  constexpr std::string_view per_second = "/s";
  if (!text.ends_with(per_second)) {
    return std::nullopt;
  }
  text.remove_suffix(per_second.size());
  return parse(text, byte_units);
}

auto to_text(std::chrono::milliseconds duration) -> std::string {
  return write(static_cast<std::uint64_t>(duration.count()), duration_units);
}

auto bytes_to_text(std::uint64_t bytes) -> std::string {
  return write(bytes, byte_units);
}

}  // namespace bornier::model
