// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/encode.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"
#include "simulator/load.hpp"
#include "simulator/recording.hpp"

namespace bornier::simulator {

/// Where the values of a meter that speaks MQTT come from.
struct ValueSources {
  std::map<std::string, std::string> fixed;    ///< point → value that never changes; "?": absent
  std::shared_ptr<const Recording> recording;  ///< made with the same model
  bool wrap{};                                 ///< after the last row: begin again, not hold it
  bool generate{true};                         ///< what is neither recorded nor fixed
  std::uint32_t seed{1};
  std::chrono::milliseconds row_every{1'000};
};

/// What a meter would show: the same for the same moment, however often it is asked, so that a
/// history says again what was said before. History reaches back a month before `start`.
class MessageValues {
 public:
  MessageValues(std::shared_ptr<const model::Model> model, const model::Settings& settings,
                ValueSources sources, reading::Stamp start);

  /// In the stored unit; nothing if the meter's messages keep what they have there.
  [[nodiscard]] auto at(std::size_t point, reading::Stamp time) -> std::optional<model::PointValue>;

 private:
  void show(reading::Stamp time);

  std::shared_ptr<const model::Model> model_;
  ValueSources sources_;
  reading::Stamp start_;
  std::map<std::size_t, model::PointValue> constants_;
  std::optional<Load> load_;
  std::map<std::size_t, model::PointValue> shown_;
  std::optional<std::int64_t> shown_row_;
};

}  // namespace bornier::simulator
