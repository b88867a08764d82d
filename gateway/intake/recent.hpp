// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "reading/time.hpp"

namespace bornier::intake {

/// Which messages and samples of a meter were taken of late, so that none is taken twice, also
/// after a restart. Remembers a bounded number: what has its own time and is older than all that is
/// remembered counts as taken, because nobody can tell any more.
class Recent {
 public:
  enum class Answer : std::uint8_t { is_new, repeated, too_late };

  /// Of one message's samples so many may be told from each other later; `most_remembered` limits.
  void make_room_for(std::size_t samples);

  /// A sample by its own time, among those of one kind (the name of its message).
  [[nodiscard]] auto look(std::string_view kind, reading::Stamp time) const -> Answer;
  void take(std::string_view kind, reading::Stamp time);
  /// A message by what names it.
  [[nodiscard]] auto look(std::string_view identity) const -> Answer;
  void take(std::string_view identity);

  /// At most 4 KiB.
  [[nodiscard]] auto to_bytes() const -> std::string;
  /// Nothing if the bytes are not of `to_bytes`.
  [[nodiscard]] static auto of_bytes(std::string_view bytes) -> std::optional<Recent>;

  friend auto operator==(const Recent&, const Recent&) -> bool = default;

 private:
  static constexpr std::size_t usually_remembered = 64;
  static constexpr std::size_t most_remembered = 320;

  /// A time's kind and its milliseconds; or 0 and a digest of what names a message.
  struct Entry {
    std::uint32_t kind{};
    std::int64_t key{};
    friend auto operator==(const Entry&, const Entry&) -> bool = default;
  };
  [[nodiscard]] auto knows(const Entry& entry) const -> bool;
  void remember(const Entry& entry);

  std::deque<Entry> entries_;  ///< in the order in which they were taken
  std::size_t room_ = usually_remembered;
  std::int64_t forgotten_ = oldest;  ///< the latest of the times that are not remembered any more
  static constexpr std::int64_t oldest = INT64_MIN;
};

}  // namespace bornier::intake
