// SPDX-License-Identifier: Apache-2.0
#include "delivery/ledger.hpp"

#include <algorithm>

namespace bornier::delivery {

auto Ledger::at_or_after(std::uint64_t sequence) -> Entries::iterator {
  return std::lower_bound(
      entries_.begin(), entries_.end(), sequence,
      [](const Entry& entry, std::uint64_t wanted) { return entry.sequence < wanted; });
}

auto Ledger::find(batch::Sequence sequence) -> Entry* {
  const auto at = at_or_after(sequence.value());
  const bool found = at != entries_.end() && at->sequence == sequence.value();
  return found && at->state != State::removed ? &*at : nullptr;
}

void Ledger::append(Waiting batch) {
  if (!entries_.empty() && entries_.back().sequence >= batch.sequence.value()) {
    insert(batch);
    return;
  }
  const auto sealed =
      entries_.empty() ? batch.sealed : std::max(batch.sealed, entries_.back().sealed);
  entries_.push_back({batch.sequence.value(), sealed, batch.bytes, State::waiting});
  bytes_ += batch.bytes;
}

auto Ledger::insert(Waiting batch) -> bool {
  auto at = at_or_after(batch.sequence.value());
  if (at != entries_.end() && at->sequence == batch.sequence.value()) {
    if (at->state != State::removed)
      return false;
    at->state = State::waiting;
    at->bytes = batch.bytes;
    --removed_;
  } else {
    auto sealed = batch.sealed;
    if (at != entries_.begin())
      sealed = std::max(sealed, std::prev(at)->sealed);
    if (at != entries_.end())
      sealed = std::min(sealed, at->sealed);
    entries_.insert(at, {batch.sequence.value(), sealed, batch.bytes, State::waiting});
  }
  bytes_ += batch.bytes;
  waiting_from_ = std::min(waiting_from_, batch.sequence.value());
  live_from_ = std::min(live_from_, batch.sequence.value());
  return true;
}

void Ledger::clear() {
  *this = Ledger{};
}

void Ledger::remove(batch::SequenceRange range, std::vector<batch::Sequence>& removed) {
  for (auto at = at_or_after(range.first.value());
       at != entries_.end() && at->sequence <= range.last.value(); ++at) {
    if (at->state == State::removed)
      continue;
    at->state = State::removed;
    ++removed_;
    bytes_ -= at->bytes;
    removed.push_back(batch::Sequence{at->sequence});
  }
  compact();
}

void Ledger::compact() {
  while (!entries_.empty() && entries_.front().state == State::removed) {
    entries_.pop_front();
    --removed_;
  }
  if (removed_ * 4 <= entries_.size())
    return;
  std::erase_if(entries_, [](const Entry& entry) { return entry.state == State::removed; });
  removed_ = 0;
}

void Ledger::mark_sent(batch::Sequence sequence) {
  if (auto* entry = find(sequence))
    entry->state = State::sent;
}

void Ledger::mark_waiting(batch::Sequence sequence) {
  auto* entry = find(sequence);
  if (entry == nullptr)
    return;
  entry->state = State::waiting;
  waiting_from_ = std::min(waiting_from_, sequence.value());
  live_from_ = std::min(live_from_, sequence.value());
}

void Ledger::set_bytes(batch::Sequence sequence, std::uint32_t bytes) {
  auto* entry = find(sequence);
  if (entry == nullptr)
    return;
  bytes_ = bytes_ - entry->bytes + bytes;
  entry->bytes = bytes;
}

auto Ledger::next_waiting(std::uint64_t& cursor) -> std::optional<Waiting> {
  auto at = at_or_after(cursor);
  while (at != entries_.end() && at->state != State::waiting)
    ++at;
  if (at == entries_.end()) {
    cursor = entries_.empty() ? 0 : entries_.back().sequence + 1;
    return std::nullopt;
  }
  cursor = at->sequence;
  return Waiting{batch::Sequence{at->sequence}, at->bytes, at->sealed};
}

auto Ledger::first_live(reading::Instant since) -> std::optional<Waiting> {
  const auto live = std::lower_bound(
      entries_.begin(), entries_.end(), since,
      [](const Entry& entry, reading::Instant wanted) { return entry.sealed < wanted; });
  if (live == entries_.end())
    return std::nullopt;
  live_from_ = std::max(live_from_, live->sequence);
  return next_waiting(live_from_);
}

auto Ledger::first_waiting() -> std::optional<Waiting> {
  return next_waiting(waiting_from_);
}

auto Ledger::oldest() const -> std::optional<batch::Sequence> {
  if (entries_.empty())
    return std::nullopt;
  return batch::Sequence{entries_.front().sequence};
}

auto Ledger::waiting_ranges(std::size_t limit) const -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> ranges;
  for (const auto& entry : entries_) {
    if (entry.state != State::waiting)
      continue;
    const batch::Sequence sequence{entry.sequence};
    const bool adjacent = !ranges.empty() && ranges.back().last.value() + 1 == entry.sequence;
    if (adjacent || ranges.size() == limit) {
      ranges.back().last = sequence;
    } else {
      ranges.push_back({sequence, sequence});
    }
  }
  return ranges;
}

}  // namespace bornier::delivery
