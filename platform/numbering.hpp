// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
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
  std::size_t ranges = 16;     ///< in one command
  std::uint64_t numbers = 64;  ///< in one command
};

/// The numbers of one stream: which are stored, which are missing, which to ask for, and when.
///
/// A hole is asked for once it has stood for `hole_stands` (at most twice that), unless the gateway
/// said that it waits in its backlog, or that it no longer holds it. While asking does not help, the
/// pause doubles.
class Numbering {
 public:
  explicit Numbering(const AskLimits& limits) : limits_{limits} {}
  /// As the database knows it.
  Numbering(const AskLimits& limits, const std::vector<batch::SequenceRange>& stored);

  /// The number is committed.
  void store(batch::Sequence sequence);
  /// What a batch says about its stream. Only the newest header counts.
  void hear(const batch::Header& header);
  /// What a status says; 0 is no number.
  void hear_oldest_held(batch::Sequence oldest_held);

  /// Stored numbers in ranges, ascending.
  [[nodiscard]] auto stored() const -> std::vector<batch::SequenceRange>;
  /// Holes that the gateway still holds and that are not in its backlog, whatever their age.
  [[nodiscard]] auto holes() const -> std::vector<batch::SequenceRange>;

  /// What to ask for at `now`; empty if nothing is due.
  [[nodiscard]] auto ask(reading::Instant now) -> std::vector<batch::SequenceRange>;
  /// When `ask` can next have something; nothing while there is no hole.
  [[nodiscard]] auto next_ask() const -> std::optional<reading::Instant>;

 private:
  [[nodiscard]] auto newest() const -> std::uint64_t;

  AskLimits limits_;
  std::map<std::uint64_t, std::uint64_t> stored_;  ///< first -> last
  std::uint64_t oldest_held_{};
  std::uint64_t newest_header_{};
  std::vector<batch::SequenceRange> backlog_;
  /// Numbers below `mature_` had been passed by `hole_stands` ago; those below `ageing_` will be at
  /// `ripe_at_`.
  std::uint64_t mature_{};
  std::uint64_t ageing_{};
  std::optional<reading::Instant> ripe_at_;
  std::optional<reading::Instant> not_before_;
  std::chrono::seconds pause_{};
  std::uint64_t last_asked_{};
};

}  // namespace bornier::platform
