// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "batch/batch.hpp"
#include "reading/time.hpp"

namespace bornier::platform {

/// How patient the platform is with a hole in a numbering, and how much it asks for at once.
struct AskLimits {
  std::chrono::seconds hole_stands = std::chrono::seconds{60};
  std::chrono::seconds longest_pause = std::chrono::hours{1};
  std::chrono::seconds refused_pause = std::chrono::hours{24};
  std::size_t ranges = 16;      ///< in one command
  std::uint64_t numbers = 256;  ///< in one command
};

/// The numbers of one stream: which are stored, which are missing, which to ask for, and when.
///
/// A hole is asked for once it has stood for `hole_stands` (at most twice that), unless the gateway
/// said that it waits in its backlog, or that it no longer holds it. What was asked for is waited
/// for; while asking does not help, the pause doubles.
class Numbering {
 public:
  explicit Numbering(const AskLimits& limits) : limits_{limits} {}

  /// The number, or the range, is committed.
  void store(batch::Sequence sequence) { store(batch::SequenceRange{sequence, sequence}); }
  void store(batch::SequenceRange stored);

  /// What a batch says about its stream; only the newest header counts.
  void hear(const batch::Header& header);
  /// What a status says; 0 says nothing.
  void hear_oldest_held(batch::Sequence oldest_held);

  /// Stored numbers, ascending, neither touching nor overlapping.
  [[nodiscard]] auto stored() const -> std::vector<batch::SequenceRange>;
  /// Holes below `end` that the gateway holds, that do not wait in its backlog and were not
  /// refused. None before the gateway said what it holds.
  [[nodiscard]] auto holes_below(batch::Sequence end) const -> std::vector<batch::SequenceRange>;

  /// Those that have stood long enough to be asked for.
  [[nodiscard]] auto standing_holes() const -> std::vector<batch::SequenceRange> {
    return holes_below(batch::Sequence{ripe_below_});
  }

  /// What other receivers stored has just been taken in, from the first standing hole on.
  void looked(reading::Instant now);
  /// Standing holes that were there at the last looked() and that nobody filled since then, as far
  /// as this receiver knows.
  [[nodiscard]] auto missing() const -> std::vector<batch::SequenceRange> {
    return holes_below(batch::Sequence{looked_below_});
  }

  /// The first number that it is time to look for: it would be asked for at `now`, or the last look
  /// is `hole_stands` ago. Nothing if there is none. To be called now and then.
  [[nodiscard]] auto due(reading::Instant now) -> std::optional<batch::Sequence>;
  /// What to ask for at `now`; empty if nothing is due.
  [[nodiscard]] auto ask(reading::Instant now) -> std::vector<batch::SequenceRange>;
  /// The gateway cannot send what was asked for last: not asked for again within a day, while other
  /// holes are.
  void refused(reading::Instant now);

 private:
  [[nodiscard]] auto newest() const -> std::uint64_t;
  void ripen(reading::Instant now);
  /// What was asked for may still come.
  [[nodiscard]] auto waits(reading::Instant now) const -> bool;

  AskLimits limits_;
  std::map<std::uint64_t, std::uint64_t> stored_;  ///< first -> last
  std::uint64_t oldest_held_{};
  std::uint64_t newest_heard_{};
  std::map<std::uint64_t, std::uint64_t> backlog_;  ///< first -> last
  /// What had been passed by at the last look; at `ripe_at_` the holes below it have stood long
  /// enough.
  std::uint64_t passed_{};
  std::optional<reading::Instant> ripe_at_;
  std::uint64_t ripe_below_{};
  std::optional<reading::Instant> looked_at_;
  std::uint64_t looked_below_{};
  std::map<std::uint64_t, std::uint64_t> refused_;  ///< first -> last
  std::optional<reading::Instant> refused_until_;
  std::vector<batch::SequenceRange> asked_;
  std::optional<reading::Instant> ask_again_at_;
  std::chrono::seconds pause_{};
};

}  // namespace bornier::platform
