// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_table.hpp"

#include <algorithm>
#include <chrono>

namespace bornier::intake {
namespace {

constexpr double seconds_at_once = 2;
constexpr std::chrono::minutes furthest_ahead{1};

}  // namespace

auto TopicTable::at(std::string_view topic, reading::Instant now) -> Entry& {
  const auto found = entries_.find(topic);
  if (found != entries_.end()) {
    return found->second;
  }
  if (entries_.size() >= most_topics) {
    entries_.clear();
  }
  Entry entry{find_(topic), rate_ * seconds_at_once + kept_, now, 0, {}};
  return entries_.emplace(std::string{topic}, std::move(entry)).first->second;
}

auto TopicTable::admit(Entry& entry, reading::Instant now) const -> bool {
  const std::chrono::duration<double> passed = now - entry.filled;
  entry.filled = now;
  const auto filled = std::min(entry.tokens + passed.count() * rate_, rate_ * seconds_at_once);
  entry.tokens = std::max(entry.tokens, filled);
  if (entry.tokens < 1) {
    ++entry.flooded;
    return false;
  }
  --entry.tokens;
  return true;
}

void TopicTable::allow_for(std::chrono::seconds away) {
  kept_ = static_cast<double>(away.count()) * rate_;
  for (auto& [topic, entry] : entries_) {
    entry.tokens += kept_;
  }
}

auto TopicTable::arrival(Entry& entry, reading::Now now) -> reading::Now {
  const auto next = entry.arrived + std::chrono::milliseconds{1};
  if (now.stamp < next && next <= now.stamp + furthest_ahead) {
    now.instant += next - now.stamp;
    now.stamp = next;
  }
  entry.arrived = now.stamp;
  return now;
}

}  // namespace bornier::intake
