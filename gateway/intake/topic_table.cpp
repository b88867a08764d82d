// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_table.hpp"

#include <algorithm>
#include <chrono>

namespace bornier::intake {
namespace {

constexpr double seconds_at_once = 2;
constexpr std::chrono::minutes most_ahead{1};
constexpr std::chrono::seconds quiet_after_what_was_kept{10};
constexpr std::chrono::minutes all_kept_has_come_after{10};

}  // namespace

auto TopicTable::at(std::string_view topic, reading::Instant now) -> Entry& {
  const auto found = entries_.find(topic);
  if (found != entries_.end()) {
    return found->second;
  }
  if (entries_.size() >= most_topics || bytes_ + topic.size() > most_bytes) {
    entries_.clear();
    bytes_ = 0;
  }
  bytes_ += topic.size();
  const double kept = now < kept_until_ ? kept_ : 0;
  Entry entry{find_(topic), rate_ * seconds_at_once + kept, now, 0, {}};
  return entries_.emplace(std::string{topic}, std::move(entry)).first->second;
}

auto TopicTable::admit(Entry& entry, reading::Instant now) const -> bool {
  const std::chrono::duration<double> passed = now - entry.filled;
  entry.filled = now;
  const double most = rate_ * seconds_at_once;
  const auto filled = std::min(entry.tokens + passed.count() * rate_, most);
  entry.tokens = passed > quiet_after_what_was_kept ? most : std::max(entry.tokens, filled);
  if (entry.tokens < 1) {
    ++entry.flooded;
    return false;
  }
  --entry.tokens;
  return true;
}

void TopicTable::allow_for(std::chrono::seconds away, reading::Instant now) {
  const auto more = static_cast<double>(away.count()) * rate_;
  kept_ = more + (now < kept_until_ ? kept_ : 0);
  kept_until_ = now + all_kept_has_come_after;
  for (auto& [topic, entry] : entries_) {
    entry.tokens += more;
    entry.filled = now;
  }
}

auto TopicTable::arrival(Entry& entry, reading::Now now) -> reading::Now {
  const auto next = entry.arrived + std::chrono::milliseconds{1};
  if (now.stamp < next && next <= now.stamp + most_ahead) {
    now.instant += next - now.stamp;
    now.stamp = next;
  }
  entry.arrived = now.stamp;
  return now;
}

}  // namespace bornier::intake
