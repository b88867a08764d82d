// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "reading/time.hpp"

namespace bornier::simulator {

/// When the messages of many meters are due: each once in every span of UTC, all of them spread
/// over it. So what was sent when does not depend on when the simulator was started.
class MessageSchedule {
 public:
  struct Kind {
    std::size_t meter{};
    std::size_t kind{};  ///< of the meter's messages
    std::chrono::milliseconds every{};
  };
  struct Due {
    std::size_t meter{};
    std::size_t kind{};
    reading::Stamp time;  ///< not after `now`
  };

  MessageSchedule(std::vector<Kind> kinds, reading::Stamp now);

  /// One that is due at `now`, or nothing. Of one that is due several times by then the last.
  [[nodiscard]] auto take(reading::Stamp now) -> std::optional<Due>;
  /// When the next one is due, perhaps in the past; nothing if there are no messages.
  [[nodiscard]] auto next() const -> std::optional<reading::Stamp>;
  /// How many were due and nobody took them in time.
  [[nodiscard]] auto skipped() const noexcept -> std::uint64_t { return skipped_; }

 private:
  struct Entry {
    reading::Stamp time;
    std::size_t index{};
  };
  static auto is_later(const Entry& left, const Entry& right) -> bool {
    return std::pair{left.time, left.index} > std::pair{right.time, right.index};
  }
  void begin_at(reading::Stamp now);

  std::vector<Kind> kinds_;
  std::vector<Entry> heap_;  ///< the earliest in front
  std::uint64_t skipped_{};
};

}  // namespace bornier::simulator
