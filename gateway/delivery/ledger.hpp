// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "batch/batch.hpp"
#include "reading/time.hpp"

namespace bornier::delivery {

/// A batch that waits to be sent.
struct Waiting {
  batch::Sequence sequence;
  std::uint32_t bytes{};
  reading::Instant sealed;  ///< never later than that of a higher number
};

/// The unconfirmed batches of one stream by number. Kept small (24 bytes each) because a month
/// without a link leaves 50,000 of them.
class Ledger {
 public:
  /// A number higher than all before. `sealed` is raised to its predecessor's if it is earlier.
  void append(Waiting batch);
  /// As `append`, anywhere. False if the number is there already. O(n).
  auto insert(Waiting batch) -> bool;
  void clear();

  /// Takes what it holds of first..last (both included) out and appends the numbers to `removed`.
  void remove(batch::SequenceRange range, std::vector<batch::Sequence>& removed);
  /// The batch is sent: no longer among the waiting, still unconfirmed.
  void mark_sent(batch::Sequence sequence);
  /// The batch is to be sent as if it never had been.
  void mark_waiting(batch::Sequence sequence);
  void set_bytes(batch::Sequence sequence, std::uint32_t bytes);

  /// The lowest number that waits among those sealed at `since` or later. `since` must not go
  /// backwards from call to call.
  [[nodiscard]] auto first_live(reading::Instant since) -> std::optional<Waiting>;
  /// The lowest number that waits.
  [[nodiscard]] auto first_waiting() -> std::optional<Waiting>;

  [[nodiscard]] auto size() const noexcept -> std::uint64_t { return entries_.size() - removed_; }
  [[nodiscard]] auto bytes() const noexcept -> std::uint64_t { return bytes_; }
  [[nodiscard]] auto oldest() const -> std::optional<batch::Sequence>;
  /// See Delivery::not_yet_sent.
  [[nodiscard]] auto waiting_ranges(std::size_t limit) const -> std::vector<batch::SequenceRange>;

 private:
  enum class State : std::uint8_t { waiting, sent, removed };
  struct Entry {
    std::uint64_t sequence;
    reading::Instant sealed;
    std::uint32_t bytes;
    State state;
  };
  static_assert(sizeof(Entry) <= 24);
  using Entries = std::deque<Entry>;

  [[nodiscard]] auto at_or_after(std::uint64_t sequence) -> Entries::iterator;
  [[nodiscard]] auto find(batch::Sequence sequence) -> Entry*;
  [[nodiscard]] auto next_waiting(std::uint64_t& cursor) -> std::optional<Waiting>;
  void compact();

  Entries entries_;                 ///< ascending; never begins with a removed one
  std::uint64_t removed_ = 0;       ///< entries that are only marked; at most a quarter
  std::uint64_t bytes_ = 0;         ///< of the unconfirmed
  std::uint64_t waiting_from_ = 0;  ///< nothing below waits
  std::uint64_t live_from_ = 0;     ///< nothing live below waits
};

}  // namespace bornier::delivery
