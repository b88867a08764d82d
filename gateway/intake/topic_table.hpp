// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reading/time.hpp"

namespace bornier::intake {

/// Which meters a topic concerns, found out once for each topic, and how much comes on it: what is
/// beyond the rate is a flood and is not taken. Bounded: beyond `most_topics`, or `most_bytes` of
/// their names, all are forgotten and found out again.
class TopicTable {
 public:
  static constexpr std::size_t most_topics = 10'000;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20U;

  /// Indexes of the meters that a topic concerns; called for topics that are not known yet.
  using Finder = std::function<std::vector<std::size_t>(std::string_view topic)>;

  /// `messages_per_second` of one topic; twice as many may come at once.
  TopicTable(std::uint32_t messages_per_second, Finder find)
      : rate_{messages_per_second}, find_{std::move(find)} {}

  struct Entry {
    std::vector<std::size_t> meters;
    double tokens{};
    reading::Instant filled;
    std::uint64_t flooded{};  ///< messages that were not taken
    reading::Stamp arrived;   ///< the last one
  };
  /// Stays until the next call.
  [[nodiscard]] auto at(std::string_view topic, reading::Instant now) -> Entry&;
  /// False if the message is beyond the rate; it is counted then.
  [[nodiscard]] auto admit(Entry& entry, reading::Instant now) const -> bool;

  /// Nobody listened for so long: of what comes now the broker has kept as much as came meanwhile,
  /// and that is no flood. It holds until nothing comes on a topic for ten seconds; for topics that
  /// are not known yet for ten minutes.
  void allow_for(std::chrono::seconds away, reading::Instant now);
  /// When a message arrived. Two of one topic have two times, a millisecond apart where they come
  /// at once: a reading is known by its point and its time. Up to a minute later than `now`.
  [[nodiscard]] static auto arrival(Entry& entry, reading::Now now) -> reading::Now;

  [[nodiscard]] auto size() const noexcept -> std::size_t { return entries_.size(); }

 private:
  std::uint32_t rate_;
  double kept_{};  ///< messages that may have been kept of a topic that is not known yet
  reading::Instant kept_until_;
  std::size_t bytes_{};  ///< of names
  Finder find_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace bornier::intake
