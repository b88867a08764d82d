// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "app/meter_reader.hpp"
#include "modbus/refusal_search.hpp"

namespace bornier::app {

/// What one meter refuses, found out in the course of its polls: a hole that cannot be read over
/// costs one request more, a point that the meter lacks costs only itself. After each poll: tell
/// poll_ended(), then ask for what next() names and tell came() what came.
class MeterLearning {
 public:
  /// `meter` is borrowed. `known` is from an earlier run.
  explicit MeterLearning(const MeterSettings& meter, modbus::Refusals known = {});

  /// True: this refusal begins a search, so that the points of the request are not lost yet.
  [[nodiscard]] auto begins_with(const Gathered& one) -> bool;
  /// The meter has what it gives.
  void answered(const Request& request);
  void poll_ended(modbus::Outcome outcome);

  /// The next request of a search, or of what is said to be lacking: once more after the start,
  /// then after pauses that grow from a minute to an hour, and after an outage from a minute again.
  /// Nothing: nothing is to be found out now.
  [[nodiscard]] auto next(reading::Instant now) -> std::optional<Request>;
  /// What came of next(). False: the meter has other troubles; go on after its next poll.
  [[nodiscard]] auto came(const Gathered& one) -> bool;

  [[nodiscard]] auto is_searching() const noexcept -> bool { return !searches_.empty(); }
  [[nodiscard]] auto known() const noexcept -> const modbus::Refusals& { return known_; }
  [[nodiscard]] auto is_lacking(std::size_t point) const -> bool;
  /// The exception that said so.
  [[nodiscard]] auto exception_code() const noexcept -> std::uint8_t { return exception_code_; }
  /// Whether something else is known than at the last call.
  [[nodiscard]] auto take_news() noexcept -> bool { return std::exchange(news_, false); }

 private:
  struct Search {
    modbus::RefusalSearch search;
    modbus::Range whole;
    bool any_answer{};
  };
  void end_search(reading::Instant now);
  /// The search that is under way teaches nothing; the next one begins after a pause.
  void give_up(reading::Instant now);

  const MeterSettings& meter_;
  modbus::Refusals known_;
  std::vector<Search> searches_;           ///< the first one is under way
  std::vector<modbus::Range> to_ask_;      ///< of what is lacking, in this round
  std::optional<reading::Instant> asked_;  ///< for what is lacking; nothing: not since the start
  reading::Instant search_from_;           ///< not before: the meter refused everything
  std::chrono::seconds pause_;             ///< until it is asked for what it lacks
  std::chrono::seconds search_pause_;      ///< after a search that taught nothing
  unsigned tries_{};      ///< of the question that is asked now, without any result
  bool meter_answers_{};  ///< something, in the last poll
  std::uint8_t exception_code_;
  bool news_{};
};

/// These points without those that the meter lacks.
[[nodiscard]] auto without_lacking(const MeterLearning& learning,
                                   std::span<const std::size_t> points) -> std::vector<std::size_t>;

}  // namespace bornier::app
