// SPDX-License-Identifier: Apache-2.0
#include "intake/recent.hpp"

#include <algorithm>
#include <utility>

#include "model/bytes_of_memory.hpp"

namespace bornier::intake {
namespace {

using model::digest;
using model::get;
using model::put;

/// Messages that overlap by half can be told apart even if one of them was lost.
constexpr std::size_t messages_remembered = 4;

/// Never 0, which stands for messages.
auto kind_of(std::string_view kind) -> std::uint32_t {
  return static_cast<std::uint32_t>(digest(kind)) | 1U;
}

// Bytes: version 1; room in 2 bytes; forgotten in 8; then 12 an entry.
constexpr char version = 1;
constexpr std::size_t head_bytes = 11;
constexpr std::size_t entry_bytes = 12;

}  // namespace

void Recent::make_room_for(std::size_t samples) {
  room_ =
      std::clamp(std::min(samples, most_remembered) * messages_remembered, room_, most_remembered);
}

auto Recent::knows(const Entry& entry) const -> bool {
  return std::ranges::find(entries_, entry) != entries_.end();
}

void Recent::remember(const Entry& entry) {
  entries_.push_back(entry);
  while (entries_.size() > room_) {
    // Of messages the first one goes; of times the earliest, or one wrong time of years ahead would
    // make all that follow late.
    auto victim = entries_.begin();
    if (victim->kind != 0) {
      victim = std::ranges::min_element(entries_, {}, [](const Entry& one) {
        return std::pair{one.kind == 0, one.key};
      });
      forgotten_ = std::max(forgotten_, victim->key);
    }
    entries_.erase(victim);
  }
}

auto Recent::look(std::string_view kind, reading::Stamp time) const -> Answer {
  const Entry entry{kind_of(kind), milliseconds_since_1970(time)};
  if (knows(entry)) {
    return Answer::repeated;
  }
  return entry.key <= forgotten_ ? Answer::too_late : Answer::is_new;
}

void Recent::take(std::string_view kind, reading::Stamp time) {
  remember({kind_of(kind), milliseconds_since_1970(time)});
}

auto Recent::look(std::string_view identity) const -> Answer {
  return knows({0, static_cast<std::int64_t>(digest(identity))}) ? Answer::repeated
                                                                 : Answer::is_new;
}

void Recent::take(std::string_view identity) {
  remember({0, static_cast<std::int64_t>(digest(identity))});
}

auto Recent::to_bytes() const -> std::string {
  std::string bytes{version};
  put(room_, 2, bytes);
  put(static_cast<std::uint64_t>(forgotten_), 8, bytes);
  for (const auto& entry : entries_) {
    put(entry.kind, 4, bytes);
    put(static_cast<std::uint64_t>(entry.key), 8, bytes);
  }
  return bytes;
}

auto Recent::of_bytes(std::string_view bytes) -> std::optional<Recent> {
  if (bytes.size() < head_bytes || bytes.front() != version ||
      (bytes.size() - head_bytes) % entry_bytes != 0) {
    return std::nullopt;
  }
  Recent recent;
  recent.room_ = get(bytes.substr(1, 2));
  recent.forgotten_ = static_cast<std::int64_t>(get(bytes.substr(3, 8)));
  for (std::size_t at = head_bytes; at < bytes.size(); at += entry_bytes) {
    recent.entries_.push_back({static_cast<std::uint32_t>(get(bytes.substr(at, 4))),
                               static_cast<std::int64_t>(get(bytes.substr(at + 4, 8)))});
  }
  const bool sound = recent.room_ >= usually_remembered && recent.room_ <= most_remembered &&
                     recent.entries_.size() <= recent.room_;
  return sound ? std::optional{recent} : std::nullopt;
}

}  // namespace bornier::intake
