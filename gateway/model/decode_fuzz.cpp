// SPDX-License-Identifier: Apache-2.0
// Any words in the registers of a model with every type: decode must answer for each point.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include "model/decode.hpp"
#include "model/encode.hpp"
#include "model/load.hpp"

namespace {

using namespace bornier;

constexpr std::string_view text = R"toml(format = 1
id = "m"
version = "1"
manufacturer = "Maker"
title = "Meter"
medium = "heat"
confidence = "low"
[defaults]
table = "holding"
[setting.unit]
default = "kW.h"
options = [{ name = "kW.h", unit = "kW.h" }, { name = "GJ", unit = "GJ" }]
[code.energy]
point = "header"
bits = [0, 1]
options = [{ value = 0, weight = 10, unit = "kW.h" }, { value = 1, unit = "GJ" }, { value = 2, weight = "1e-9" }]
[points]
header = { quantity = "device_setting", type = "bits16", address = 0 }
energy = { quantity = "energy_heat", type = "uint64", address = 1, scale = "code(energy)*7/3", unit = "setting(unit)" }
supply = { quantity = "temperature_supply", type = "int16", address = 5, scale = "0.01", unit = "Cel", absent = ["0x8000"] }
factor = { quantity = "power_factor", type = "float32", address = 6, transform = "fold_quadrants" }
power = { quantity = "power_heat", type = "float64", address = 8, unit = "kW", word_order = "little" }
name = { quantity = "device_name", type = "string:4", address = 12 }
clock = { quantity = "clock", type = "mbus_f", address = 16, byte_order = "little" }
)toml";

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  static const auto loaded = model::load_model(text, "m.toml");
  if (!loaded) {
    std::abort();
  }
  std::vector<std::uint16_t> words;
  for (std::size_t index = 0; index + 1 < size && words.size() < 32; index += 2) {
    words.push_back(static_cast<std::uint16_t>(data[index] << 8U | data[index + 1]));
  }
  std::vector<std::size_t> points(loaded->points.size());
  std::iota(points.begin(), points.end(), std::size_t{0});
  const model::RegisterBlock block{wire::Table::holding_register, 0, words};
  for (const std::string_view choice : {"kW.h", "GJ"}) {
    model::Settings settings{*loaded};
    if (!settings.choose(*loaded, "unit", choice)) {
      std::abort();
    }
    const auto decoded = model::decode(*loaded, settings, points, {&block, 1});
    if (decoded.size() != points.size()) {
      std::abort();
    }
    for (const model::Decoded& one : decoded) {
      static_cast<void>(model::to_text(*loaded, settings, one));
    }
  }
  return 0;
}
