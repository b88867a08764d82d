// SPDX-License-Identifier: Apache-2.0
#include "buffer/ageing.hpp"

#include <algorithm>

namespace bornier::buffer {

using std::chrono::milliseconds;

auto resumed(const std::optional<Lifetime>& saved, const Clock& clock) -> Lifetime {
  Lifetime lifetime{.start = 1,
                    .age = {},
                    .boot_id = clock.boot_id,
                    .instant = clock.now.instant,
                    .stamp = clock.now.stamp};
  if (saved && saved->boot_id == clock.boot_id) {
    lifetime.age = later(*saved, clock.now).age;
  } else if (saved) {
    const milliseconds pause = clock.now.stamp - saved->stamp;
    lifetime.age = saved->age + (clock.trusted ? std::clamp(pause, milliseconds{0}, longest_pause)
                                               : milliseconds{0});
  }
  if (saved) {
    lifetime.start = saved->start + 1;
  }
  if (clock.trusted) {
    const auto seconds = reading::milliseconds_since_1970(clock.now.stamp) / 1000;
    lifetime.start = std::max(lifetime.start, seconds);
  }
  return lifetime;
}

auto later(Lifetime lifetime, const reading::Now& now) -> Lifetime {
  const auto passed = std::chrono::floor<milliseconds>(now.instant - lifetime.instant);
  lifetime.age += std::max(passed, milliseconds{0});
  lifetime.instant = now.instant;
  lifetime.stamp = now.stamp;
  return lifetime;
}

auto batches_held(const SQLite::Database& database, const Lifetime& now, milliseconds held)
    -> std::int64_t {
  const auto mark = load_age_mark(database, now.age - held);
  return mark ? mark->batches_before : 0;
}

auto note_age(const SQLite::Database& database, const Lifetime& now, std::int64_t next_id,
              milliseconds shortest_held, milliseconds longest_held) -> bool {
  const milliseconds step = std::min<milliseconds>(std::chrono::hours{1}, shortest_held / 32);
  const auto newest = load_age_mark(database, now.age);
  if (newest && (newest->batches_before >= next_id || newest->age + step > now.age)) {
    return false;
  }
  save(database, AgeMark{.batches_before = next_id, .age = now.age});
  SQLite::Statement forget{database, "DELETE FROM age_mark WHERE batches_before < ?1"};
  bind_values(forget, batches_held(database, now, longest_held));
  forget.exec();
  return true;
}

}  // namespace bornier::buffer
