// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "buffer/memo.hpp"
#include "model/counters.hpp"
#include "model/decode.hpp"
#include "reading/time.hpp"

namespace bornier::app {

/// What the counters of one meter on a bus showed last: finds those that fell.
class CounterWatch {
 public:
  /// `remembered` is the memo of an earlier run; that of a device with another serial number, or
  /// anything else, is nothing. `meter` is borrowed for the call.
  explicit CounterWatch(const MeterSettings& meter, std::string_view remembered = {});

  /// Marks what fell. Falls wait until they are told.
  void look_at(std::vector<model::Decoded>& points);
  /// What has changed of the pulses that were counted, to be accepted with the readings that
  /// changed it. Other counters are not remembered: each memo costs the card.
  [[nodiscard]] auto take_memos() -> std::vector<buffer::Memo>;
  /// What is due to be told of falls.
  [[nodiscard]] auto take_falls(reading::Instant now) -> std::optional<model::FallReport::Told>;
  /// Another device answers: what the one before it counted, and that it fell, says nothing.
  void forget();

 private:
  std::string id_;
  std::string serial_;  ///< as configured
  std::shared_ptr<const model::Model> model_;
  model::Counters pulses_;  ///< of points that count pulses
  model::Counters others_;
  std::vector<model::Fall> falls_;
  model::FallReport report_;
  bool news_{};
};

/// What the memo of a meter on a bus is kept under; nothing if none of its points counts pulses.
[[nodiscard]] auto counters_key(const MeterSettings& meter) -> std::optional<std::string>;

}  // namespace bornier::app
