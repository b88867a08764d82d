// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "buffer/fault.hpp"
#include "buffer/memo.hpp"
#include "reading/entries.hpp"
#include "reading/time.hpp"

namespace bornier::buffer {

/// Readings that wait in memory for their commit, bounded by `buffer.memory`.
///
/// While one chunk is on its way to disk the next one grows. When the bound is reached new readings
/// are refused, and what was refused is declared by one Gap as soon as there is room again: a lost
/// stretch in one piece is easier to defend than readings missing here and there.
class Pending {
 public:
  struct Chunk {
    std::shared_ptr<const reading::Entries> entries;
    bool trusted{};           ///< times are UTC, else milliseconds since boot
    std::vector<Memo> memos;  ///< to be accepted with the entries; of each key the newest
  };

  explicit Pending(std::size_t max_bytes) noexcept : max_bytes_{max_bytes} {}

  /// `trusted`: whether the times in `entries` are UTC. `now` is when they were taken. Returns how
  /// many readings were refused.
  ///
  /// `memos` go to disk in one with `entries`, never before what was added earlier. They may come
  /// without entries: then they are a chunk's worth by themselves. Where `entries` are refused so
  /// are they, and what was refused before them is declared with them.
  auto add(reading::Entries entries, bool trusted, reading::Instant now,
           std::vector<Memo> memos = {}) -> std::uint64_t;

  /// When the oldest waiting entry or memo was taken; nothing if nothing waits or a commit is under
  /// way.
  [[nodiscard]] auto oldest() const noexcept -> std::optional<reading::Instant>;

  /// The next chunk to append; nothing if nothing waits. One at a time: committed() or failed()
  /// must follow.
  [[nodiscard]] auto begin_commit() -> std::optional<Chunk>;
  /// The chunk is accepted.
  void committed();
  /// It is not: it waits again, in front, unchanged. The fault decides what a Gap will blame.
  void failed(Fault fault) noexcept;

  [[nodiscard]] auto bytes() const noexcept -> std::size_t { return bytes_; }  ///< estimated
  /// A quarter of the bound is reached: waiting on would only bring it nearer.
  [[nodiscard]] auto is_filling() const noexcept -> bool { return bytes_ > max_bytes_ / 4; }
  [[nodiscard]] auto waiting_readings() const noexcept -> std::uint64_t;
  /// What was last added was refused, wholly or in part, and no Gap says so yet.
  [[nodiscard]] auto refuses() const noexcept -> bool { return refused_.has_value(); }
  [[nodiscard]] auto refused_readings() const noexcept -> std::uint64_t { return refused_total_; }

 private:
  struct Segment {
    std::shared_ptr<reading::Entries> entries;
    reading::Instant oldest;
    std::size_t bytes{};
    bool trusted{};
    std::vector<Memo> memos;
  };
  struct Refused {
    reading::Gap gap;
    std::set<reading::PointNumber> points;
    reading::Instant first_taken;
    bool trusted{};
  };

  [[nodiscard]] auto open_segment(bool trusted, reading::Instant now) -> Segment&;
  void count(std::size_t bytes, Segment& segment) noexcept;
  void keep(std::vector<Memo> memos, Segment& segment);
  void refuse(const reading::Entries& entries, bool trusted, reading::Instant now);
  void declare_refused();

  std::size_t max_bytes_;
  std::size_t bytes_{};
  std::deque<Segment> segments_;
  bool committing_{};  ///< the front segment is on its way to disk
  std::optional<Refused> refused_;
  reading::GapReason reason_{reading::GapReason::memory_full};
  std::uint64_t refused_total_{};
};

}  // namespace bornier::buffer
