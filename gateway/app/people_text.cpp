// SPDX-License-Identifier: Apache-2.0
#include "app/people_text.hpp"

#include <array>
#include <utility>

namespace bornier::app {

auto bytes_for_people(std::uint64_t bytes) -> std::string {
  constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t power = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 10'240 && power + 1 < names.size()) {
    tenths = (tenths + 512) / 1'024;
    ++power;
  }
  auto text = std::to_string(tenths / 10);
  if (power > 0) {
    text += "." + std::to_string(tenths % 10);
  }
  return text + " " + names.at(power);
}

auto duration_for_people(std::chrono::milliseconds duration) -> std::string {
  auto rest = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
  if (rest < 1'000) {
    return std::to_string(rest) + " ms";
  }
  constexpr std::array<std::pair<const char*, std::uint64_t>, 4> units{
      {{"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  std::string text;
  int parts = 0;
  for (std::size_t index = units.size(); index-- > 0 && parts < 2;) {
    const auto& [name, milliseconds] = units.at(index);
    const auto count = rest / milliseconds;
    rest %= milliseconds;
    if (count > 0) {
      text += (text.empty() ? "" : " ") + std::to_string(count) + " " + name;
    }
    if (!text.empty()) {
      ++parts;
    }
  }
  return text;
}

auto unit_for_people(std::string_view ucum) -> std::string {
  constexpr std::string_view reactive = "V.A{reactive}";
  std::string unit{ucum};
  const auto at = unit.find(reactive);
  if (at == std::string::npos) {
    return unit;
  }
  unit.replace(at, reactive.size(), "var");
  const auto hours = unit.find("var.h");
  if (hours != std::string::npos) {
    unit.erase(hours + 3, 1);
  }
  return unit;
}

}  // namespace bornier::app
