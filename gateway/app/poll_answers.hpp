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

 private:
  [[nodiscard]] auto is_complete(std::size_t point) const -> bool;

  const MeterSettings& meter_;
  const std::vector<Request>& requests_;
  std::vector<Gathered> kept_;  ///< answers that other points wait for
};

/// What is not known after a refusal or silence of this request.
[[nodiscard]] auto points_concerned(const Request& request) -> std::vector<std::size_t>;

}  // namespace bornier::app
