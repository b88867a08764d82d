// SPDX-License-Identifier: Apache-2.0
#include "buffer/pending.hpp"

#include <algorithm>
#include <utility>

#include "buffer/dating.hpp"

namespace bornier::buffer {
namespace {

/// A chunk above this is closed and the next one begun: one commit stays short, and its body within
/// what one batch may hold.
constexpr std::size_t segment_bytes = std::size_t{1} << 20U;

/// Changes of state, events and the Gap itself may pass the bound by this much: they say why
/// readings are missing.
constexpr std::size_t reserve_bytes = 64U * 1024U;

auto memory_of(const reading::Entries& entries) -> std::size_t {
  std::size_t bytes = 0;
  for (const auto& answer : entries.answers) {
    bytes += sizeof answer + answer.numbers.size() * sizeof(reading::Number);
    for (const auto& text : answer.texts) {
      bytes += sizeof text + text.value.size();
    }
  }
  bytes += entries.states.size() * sizeof(reading::StateChange);
  for (const auto& event : entries.events) {
    bytes += sizeof event + event.text.size();
  }
  for (const auto& gap : entries.gaps) {
    bytes += sizeof gap + gap.points.size() * sizeof(reading::PointNumber);
  }
  return bytes;
}

auto memory_of(const Memo& memo) -> std::size_t {
  return sizeof memo + memo.key.size() + memo.value.size();
}

}  // namespace

auto Pending::add(reading::Entries entries, bool trusted, reading::Instant now,
                  std::vector<Memo> memos) -> std::uint64_t {
  if (entries.empty() && memos.empty()) {
    return 0;
  }
  const std::uint64_t readings = reading::count_readings(entries);
  const std::size_t bytes = memory_of(entries);
  std::size_t wanted = bytes;
  for (const auto& memo : memos) {
    wanted += memory_of(memo);
  }
  const bool explains = readings == 0 && !entries.empty();
  if (bytes_ + wanted > max_bytes_ + (explains ? reserve_bytes : 0)) {
    if (!entries.empty()) {
      refuse(entries, trusted, now);
    }
    return readings;
  }
  if (readings != 0 || !memos.empty()) {
    declare_refused();
  }
  Segment& segment = open_segment(trusted, now);
  count(bytes, segment);
  reading::append(std::move(entries), *segment.entries);
  keep(std::move(memos), segment);
  return 0;
}

void Pending::count(std::size_t bytes, Segment& segment) noexcept {
  segment.bytes += bytes;
  bytes_ += bytes;
}

void Pending::keep(std::vector<Memo> memos, Segment& segment) {
  for (auto& memo : memos) {
    count(memory_of(memo), segment);
    const auto older = std::find_if(segment.memos.begin(), segment.memos.end(),
                                    [&memo](const Memo& known) { return known.key == memo.key; });
    if (older == segment.memos.end()) {
      segment.memos.push_back(std::move(memo));
      continue;
    }
    segment.bytes -= memory_of(*older);
    bytes_ -= memory_of(*older);
    *older = std::move(memo);
  }
}

auto Pending::open_segment(bool trusted, reading::Instant now) -> Segment& {
  const bool back_is_committing = committing_ && segments_.size() == 1;
  if (segments_.empty() || back_is_committing || segments_.back().trusted != trusted ||
      segments_.back().bytes >= segment_bytes) {
    segments_.push_back({.entries = std::make_shared<reading::Entries>(),
                         .oldest = now,
                         .bytes = 0,
                         .trusted = trusted,
                         .memos = {}});
  }
  return segments_.back();
}

void Pending::refuse(const reading::Entries& entries, bool trusted, reading::Instant now) {
  if (refused_ && refused_->trusted != trusted) {
    declare_refused();  // times of two kinds do not fit one span
  }
  const auto span = time_span(entries);
  if (!refused_) {
    refused_ = Refused{.gap = {.first = span->first,
                               .last = span->last,
                               .readings = 0,
                               .points = {},
                               .reason = reason_},
                       .points = {},
                       .first_taken = now,
                       .trusted = trusted};
  }
  refused_->gap.first = std::min(refused_->gap.first, span->first);
  refused_->gap.last = std::max(refused_->gap.last, span->last);
  refused_->gap.reason = reason_;
  const std::uint64_t readings = reading::count_readings(entries);
  refused_->gap.readings += readings;
  refused_total_ += readings;
  for (const auto& answer : entries.answers) {
    for (const auto& number : answer.numbers) {
      refused_->points.insert(number.point);
    }
    for (const auto& text : answer.texts) {
      refused_->points.insert(text.point);
    }
  }
}

void Pending::declare_refused() {
  if (!refused_) {
    return;
  }
  refused_->gap.points.assign(refused_->points.begin(), refused_->points.end());
  reading::Entries declared;
  declared.gaps.push_back(std::move(refused_->gap));
  Segment& segment = open_segment(refused_->trusted, refused_->first_taken);
  count(memory_of(declared), segment);
  segment.entries->gaps.push_back(std::move(declared.gaps.front()));
  refused_.reset();
}

auto Pending::oldest() const noexcept -> std::optional<reading::Instant> {
  if (committing_) {
    return std::nullopt;
  }
  if (!segments_.empty()) {
    return segments_.front().oldest;
  }
  return refused_ ? std::optional{refused_->first_taken} : std::nullopt;
}

auto Pending::begin_commit() -> std::optional<Chunk> {
  if (committing_) {
    return std::nullopt;
  }
  if (segments_.empty()) {
    declare_refused();
  }
  if (segments_.empty()) {
    return std::nullopt;
  }
  committing_ = true;
  const auto& front = segments_.front();
  return Chunk{.entries = front.entries, .trusted = front.trusted, .memos = front.memos};
}

void Pending::committed() {
  committing_ = false;
  bytes_ -= segments_.front().bytes;
  segments_.pop_front();
  reason_ = reading::GapReason::memory_full;
  declare_refused();
}

void Pending::failed(Fault fault) noexcept {
  committing_ = false;
  reason_ =
      fault == Fault::disk_full ? reading::GapReason::disk_full : reading::GapReason::memory_full;
}

auto Pending::waiting_readings() const noexcept -> std::uint64_t {
  std::uint64_t readings = 0;
  for (const auto& segment : segments_) {
    readings += reading::count_readings(*segment.entries);
  }
  return readings;
}

}  // namespace bornier::buffer
