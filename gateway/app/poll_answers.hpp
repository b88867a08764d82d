// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/meter_reader.hpp"
#include "model/decode.hpp"

namespace bornier::app {

/// What the answers of one poll say. A point that needs several of them has its value once the last
/// one has come.
class PollAnswers {
 public:
  /// Both are borrowed.
  PollAnswers(const MeterSettings& meter, const std::vector<Request>& requests)
      : meter_{meter}, requests_{requests} {}

  /// The points that this answer gives or completes; none for a refusal or silence.
  [[nodiscard]] auto add(const Gathered& one) -> std::vector<model::Decoded>;
  /// The points that are not known because of this refusal or silence. A point that needs several
  /// answers has the reason of the first that failed.
  [[nodiscard]] auto failed(const Request& request) -> std::vector<std::size_t>;

 private:
  [[nodiscard]] auto block_of(const Gathered& one) const -> model::RegisterBlock;
  [[nodiscard]] auto is_complete(std::size_t point) const -> bool;

  const MeterSettings& meter_;
  const std::vector<Request>& requests_;
  std::vector<Gathered> kept_;       ///< answers that other points wait for
  std::vector<std::size_t> failed_;  ///< points whose reason is told
};

}  // namespace bornier::app
