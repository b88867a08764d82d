// SPDX-License-Identifier: Apache-2.0
// Any payload before a meter of every format: it is taken or refused, bounded, and what it gives
// holds together. What is remembered survives a restart, and the same message is not taken twice.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

#include "intake/json.hpp"
#include "intake/meter_intake.hpp"
#include "model/load.hpp"

namespace {

using namespace bornier;

constexpr std::string_view every_format = R"(format = 1
id = "m"
version = "1"
manufacturer = "M"
title = "T"
medium = "water"
confidence = "low"
protocol = "mqtt"
[message.plain]
topic = "p/{what}"
format = "plain"
[message.json]
topic = "j"
format = "json"
where = { "/id" = ["{device}", "a"] }
root = "/o"
time = { at = "/t", as = "iso" }
identity = ["/n"]
[message.list]
topic = "l"
format = "json"
each = { in = "/l", time = { at = "/t", as = "s" }, add_to = { volume_l = "volume_j" } }
[message.fields]
topic = "f"
format = "fields"
separator = ";"
time = { field = 1, as = "ms" }
[message.bytes]
topic = "b"
format = "bytes"
begins = "01 ??"
time = { byte = 2, type = "uint32", as = "s" }
[message.coded]
topic = "c"
format = "bytes"
data = "/d"
coding = "base64"
each = { byte = 4, stride = 3, base = { byte = 0, type = "uint32", order = "little", as = "s" }, first = "-1h", step = "-1h", subtract_from = { volume_c = "volume_b" } }
[[availability]]
topic = "a"
pointer = "/state"
online = "on"
offline = "off"
[points]
volume_p = { quantity = "volume", unit = "L", message = "plain", rollover = 1000 }
serial_p = { quantity = "serial_number", message = "plain", where = { what = "s" } }
volume_j = { quantity = "volume", unit = "m3", message = ["json", "list"], pointer = ["/v", "/w/0"], resolution = "0.001" }
status_j = { quantity = "status", message = "json", pointer = "/s", labels = { 0 = "off", 1 = "on" } }
volume_l = { quantity = "volume", unit = "m3", message = "list", pointer = "/v" }
volume_f = { quantity = "volume", unit = "m3", message = "fields", field = "v" }
flow_f = { quantity = "flow", unit = "m3/h", message = "fields", field = 2, scale = "1/3" }
volume_b = { quantity = "volume", unit = "L", message = "bytes", byte = 6, type = "uint24", order = "little" }
serial_b = { quantity = "serial_number", message = "bytes", byte = 9, type = "string:4" }
volume_c = { quantity = "volume", unit = "L", message = "coded", byte = 0, type = "int24", absent = ["0xFFFF"] }
)";

auto plan() -> intake::MeterPlan {
  static const auto model = [] {
    auto loaded = model::load_model(every_format, "m.toml");
    if (!loaded) {
      std::abort();
    }
    return std::make_shared<const model::Model>(*std::move(loaded));
  }();
  intake::MeterPlan plan{model, model::Settings{*model}, {{"device", "7"}}, {}, {}};
  plan.points.resize(model->points.size());
  std::iota(plan.points.begin(), plan.points.end(), std::size_t{0});
  return plan;
}

}  // namespace

/// The first byte is the topic's first letter.
extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  if (size == 0) {
    return 0;
  }
  const std::string topic = data[0] == 'p' ? "p/s" : std::string(1, static_cast<char>(data[0]));
  intake::Arrival arrival;
  arrival.topic = topic;
  arrival.payload = std::as_bytes(std::span{data, size}.subspan(1));
  arrival.now.stamp = reading::stamp_at(1'764'302'400'000);
  arrival.clock_trusted = size % 2 == 0;
  intake::MeterIntake meter{plan(), {}};
  const auto taken = meter.take(arrival);
  if (taken.samples.size() > intake::max_samples || meter.memory().size() > 4096) {
    std::abort();
  }
  std::size_t timed = 0;
  for (const auto& sample : taken.samples) {
    timed += sample.time ? 1U : 0U;
    if (sample.points.empty()) {
      std::abort();
    }
  }
  intake::MeterIntake again{plan(), meter.memory()};
  if (again.memory() != meter.memory()) {
    std::abort();
  }
  // What has a time of its own is known again as long as it is remembered.
  constexpr std::size_t remembered = 64;
  const auto repeated = again.take(arrival);
  for (const auto& sample : repeated.samples) {
    if (sample.time && timed <= remembered) {
      std::abort();
    }
  }
  return 0;
}
