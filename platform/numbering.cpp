// SPDX-License-Identifier: Apache-2.0
#include "platform/numbering.hpp"

#include <algorithm>
#include <iterator>

namespace bornier::platform {
namespace {

using Ranges = std::map<std::uint64_t, std::uint64_t>;

auto range(std::uint64_t first, std::uint64_t last) -> batch::SequenceRange {
  return {batch::Sequence{first}, batch::Sequence{last}};
}

void unite(Ranges& ranges, std::uint64_t first, std::uint64_t last) {
  auto at = ranges.upper_bound(first);
  if (at != ranges.begin() && std::prev(at)->second >= first - 1) {
    --at;
    first = at->first;
  }
  while (at != ranges.end() && (last == UINT64_MAX || at->first <= last + 1)) {
    last = std::max(last, at->second);
    at = ranges.erase(at);
  }
  ranges.emplace_hint(at, first, last);
}

/// Where the range of `ranges` that holds `number` ends; nothing if none does.
auto end_of_range_with(const Ranges& ranges, std::uint64_t number) -> std::optional<std::uint64_t> {
  const auto after = ranges.upper_bound(number);
  if (after == ranges.begin() || std::prev(after)->second < number) {
    return std::nullopt;
  }
  return std::prev(after)->second;
}

auto next_first(const Ranges& ranges, std::uint64_t number, std::uint64_t otherwise)
    -> std::uint64_t {
  const auto after = ranges.upper_bound(number);
  return after == ranges.end() ? otherwise : after->first;
}

}  // namespace

void Numbering::store(batch::SequenceRange stored) {
  const auto first = std::max<std::uint64_t>(stored.first.value(), 1);
  if (stored.last.value() < first) {
    return;
  }
  unite(stored_, first, stored.last.value());
  std::erase_if(asked_, [this](const batch::SequenceRange& asked) {
    const auto end = end_of_range_with(stored_, asked.first.value());
    return end && *end >= asked.last.value();
  });
  if (asked_.empty()) {
    ask_again_at_.reset();
    pause_ = {};
  }
}

void Numbering::hear(const batch::Header& header) {
  hear_oldest_held(header.oldest_held);
  if (header.sequence.value() <= newest_heard_) {
    return;
  }
  newest_heard_ = header.sequence.value();
  backlog_.clear();
  for (const auto& waiting : header.backlog) {
    if (waiting.first.value() >= 1 && waiting.last >= waiting.first) {
      unite(backlog_, waiting.first.value(), waiting.last.value());
    }
  }
}

void Numbering::hear_oldest_held(batch::Sequence oldest_held) {
  oldest_held_ = std::max(oldest_held_, oldest_held.value());
}

auto Numbering::newest() const -> std::uint64_t {
  return stored_.empty() ? 0 : stored_.rbegin()->second;
}

auto Numbering::stored() const -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> ranges;
  ranges.reserve(stored_.size());
  for (const auto& [first, last] : stored_) {
    ranges.push_back(range(first, last));
  }
  return ranges;
}

auto Numbering::holes_below(batch::Sequence end) const -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> holes;
  const auto limit = std::min(end.value(), newest());
  if (oldest_held_ == 0) {
    return holes;
  }
  for (auto number = oldest_held_; number < limit;) {
    const auto stored_end = end_of_range_with(stored_, number);
    auto known_end = stored_end ? stored_end : end_of_range_with(backlog_, number);
    known_end = known_end ? known_end : end_of_range_with(refused_, number);
    if (known_end) {
      if (*known_end == UINT64_MAX) {
        break;
      }
      number = *known_end + 1;
      continue;
    }
    const auto next =
        std::min({next_first(stored_, number, limit), next_first(backlog_, number, limit),
                  next_first(refused_, number, limit)});
    const auto last = std::min(next, limit) - 1;
    holes.push_back(range(number, last));
    number = last + 1;
  }
  return holes;
}

void Numbering::refused(reading::Instant now) {
  for (const auto& hole : asked_) {
    unite(refused_, hole.first.value(), hole.last.value());
  }
  if (!refused_until_) {
    refused_until_ = now + limits_.refused_pause;
  }
  asked_.clear();
  ask_again_at_.reset();
  pause_ = {};
}

void Numbering::ripen(reading::Instant now) {
  if (refused_until_ && now >= *refused_until_) {
    refused_.clear();
    refused_until_.reset();
  }
  if (!ripe_at_ || now >= *ripe_at_) {
    ripe_below_ = passed_;
    passed_ = newest();
    ripe_at_ = now + limits_.hole_stands;
  }
}

auto Numbering::waits(reading::Instant now) const -> bool {
  return ask_again_at_ && now < *ask_again_at_;
}

void Numbering::looked(reading::Instant now) {
  looked_at_ = now;
  looked_below_ = ripe_below_;
}

auto Numbering::due(reading::Instant now) -> std::optional<batch::Sequence> {
  ripen(now);
  const bool known = looked_at_ && now < *looked_at_ + limits_.hole_stands;
  if (waits(now) && known) {
    return std::nullopt;
  }
  const auto holes = standing_holes();
  return holes.empty() ? std::nullopt : std::optional{holes.front().first};
}

auto Numbering::ask(reading::Instant now) -> std::vector<batch::SequenceRange> {
  ripen(now);
  if (waits(now)) {
    return {};
  }
  auto holes = standing_holes();
  auto numbers = limits_.numbers;
  holes.resize(std::min(holes.size(), limits_.ranges), range(0, 0));
  std::erase_if(holes, [&numbers](batch::SequenceRange& hole) {
    if (numbers == 0) {
      return true;
    }
    const auto wanted = hole.last.value() - hole.first.value() + 1;
    hole.last = batch::Sequence{hole.first.value() + std::min(wanted, numbers) - 1};
    numbers -= std::min(wanted, numbers);
    return false;
  });
  asked_ = holes;
  if (!holes.empty()) {
    pause_ =
        pause_.count() == 0 ? limits_.hole_stands : std::min(pause_ * 2, limits_.longest_pause);
    ask_again_at_ = now + pause_;
  }
  return holes;
}

}  // namespace bornier::platform
