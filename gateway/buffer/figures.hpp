// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "reading/time.hpp"

namespace bornier::buffer {

/// Some batches or chunks, summed up.
struct Holding {
  std::uint64_t count{};
  std::uint64_t readings{};
  std::uint64_t bytes{};
  std::optional<reading::Stamp> first;  ///< earliest and latest time; nothing if count is 0
  std::optional<reading::Stamp> last;
};

struct StreamFigures {
  batch::StreamId id;
  reading::Stamp opened_at;
  std::string reason;      ///< why it was opened
  batch::Sequence newest;  ///< 0 if nothing was sealed yet
};

/// What is on disk, for `bornier buffer`, `status` and /metrics.
struct Figures {
  std::vector<StreamFigures> streams;  ///< ascending; the last one is current
  batch::Sequence oldest_held;  ///< of the current stream, confirmed ones included; 0 if none
  Holding journal;              ///< dated chunks, not sealed yet
  Holding undated;              ///< chunks that wait for a trusted clock; times since boot
  Holding unconfirmed;          ///< sealed batches without tombstones, all streams
  Holding confirmed;            ///< kept for keep_confirmed
  Holding gaps;                 ///< unconfirmed tombstones; `readings` are lost
  std::uint64_t used_bytes{};   ///< pages in use: what max_bytes bounds
  std::uint64_t file_bytes{};   ///< of buffer.db; never shrinks, free pages are used again
  /// How long the counting itself took, without its wait for the disk thread; set by Buffer.
  std::chrono::microseconds counted_for{};
};

}  // namespace bornier::buffer
