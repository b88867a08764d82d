// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "model/load.hpp"

/// What the tests of meters that speak MQTT share.
namespace bornier::simulator {

/// It publishes a counter and a power with the second in which they were, and a voltage by itself.
/// Nothing shows what an `event` looks like.
inline constexpr std::string_view small_plug_toml = R"(format = 1
id = "small-plug"
version = "1"
protocol = "mqtt"
manufacturer = "Small"
title = "A plug"
medium = "electricity"
confidence = "high"
values = "primary"
sources = ["none"]
silent_after = "1h"

[captures]
base = "plugs"

[message.state]
topic = "{base}/{device}/state"
format = "json"
time = { at = "/at", as = "iso" }

[message.voltage]
topic = "{base}/{device}/voltage"
format = "plain"

[message.event]
topic = "{base}/{device}/event"
format = "json"

[points]
energy_active_import = { quantity = "energy_active_import", message = "state", pointer = "/energy", unit = "kW.h", resolution = "0.001" }
power_active = { quantity = "power_active", message = "state", pointer = "/power", unit = "W", resolution = "0.1" }
voltage = { quantity = "voltage", message = "voltage", unit = "V", resolution = "0.1" }
current = { quantity = "current", message = "event", pointer = "/current", unit = "A", resolution = "0.001" }

[[test]]
title = "its state"
origin = "made up"
captures = { device = "p1" }
topic = "plugs/p1/state"
payload = '{"at":"2026-01-02T03:04:05Z","energy":8.420,"power":3.0}'
expect = [{ time = "2026-01-02T03:04:05.000Z", energy_active_import = "8.420 kW.h", power_active = "3.0 W" }]

[[test]]
title = "its voltage"
origin = "made up"
captures = { device = "p1" }
topic = "plugs/p1/voltage"
payload = "230.5"
expect = { voltage = "230.5 V" }
)";

inline auto small_plug() -> std::shared_ptr<const model::Model> {
  auto loaded = model::load_model(small_plug_toml, "small-plug.toml");
  if (!loaded) {
    ADD_FAILURE() << to_text(loaded.error().front());
    return nullptr;
  }
  loaded->settings = {{"wiring", "Wiring", {"one", "three"}, 0}};
  return std::make_shared<const model::Model>(*std::move(loaded));
}

}  // namespace bornier::simulator
