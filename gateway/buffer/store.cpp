// SPDX-License-Identifier: Apache-2.0
#include "buffer/store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "buffer/ageing.hpp"
#include "buffer/journal.hpp"
#include "buffer/retention.hpp"
#include "buffer/store_state.hpp"

namespace bornier::buffer {
namespace {

/// proto3 does not tell 0 from absent.
auto stream_id(std::uint64_t random) -> batch::StreamId {
  return batch::StreamId{random == 0 ? 1 : random};
}

}  // namespace

Store::Store(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
Store::Store(Store&&) noexcept = default;
auto Store::operator=(Store&&) noexcept -> Store& = default;
Store::~Store() = default;

auto Store::open(Settings settings, const Clock& clock, std::uint64_t random) -> Result<Store> {
  auto lock = DirectoryLock::take(settings.directory);
  if (!lock) {
    return lock.error();
  }
  auto state = std::make_unique<State>(std::move(settings), std::move(*lock));
  const auto& directory = state->settings.directory;
  const auto file = database_file(directory);
  finish_interrupted_salvage(directory);
  std::error_code ignored;
  const bool exists = std::filesystem::exists(file, ignored);
  state->opened.how = exists ? Opened::How::existing : Opened::How::fresh;

  std::string damage = exists && is_suspect(directory) ? "damage was found while running" : "";
  // SQLite takes any file that is shorter than its header for a new one. Nothing at all is what a
  // power cut leaves of the very first start.
  const auto size = exists ? std::filesystem::file_size(file, ignored) : 0;
  if (size > 0 && size < 512) {
    damage = file.string() + ": " + std::to_string(size) + " bytes are no database";
  }
  if (damage.empty()) {
    try {
      state->load(clock);
    } catch (const std::exception&) {
      Failure failure = current_failure(file);
      if (failure.fault != Fault::damaged || !exists) {
        return failure;
      }
      damage = failure.detail;
    }
  }
  try {
    if (!damage.empty()) {
      state->database.reset();
      state->opened = salvage(state->settings, clock, stream_id(random), damage);
      state->load(clock);
    }
    if (state->stream.ordinal == 0) {
      const StreamRow first{.ordinal = 1,
                            .id = stream_id(random),
                            .opened_at = clock.now.stamp,
                            .reason = "the buffer was created"};
      save(*state->database, first);
      state->stream = first;
    }
  } catch (const std::exception&) {
    return current_failure(file);
  }
  state->reported = state->stream.next_sequence - 1;
  return Store{std::move(state)};
}

auto Store::opened() const noexcept -> const Opened& {
  return state_->opened;
}
auto Store::stream() const noexcept -> batch::StreamId {
  return state_->stream.id;
}
auto Store::newest() const noexcept -> batch::Sequence {
  return batch::Sequence{state_->stream.next_sequence - 1};
}
auto Store::start_number() const noexcept -> std::uint64_t {
  return static_cast<std::uint64_t>(state_->lifetime.start);
}
auto Store::catalog() -> Result<std::optional<batch::Catalog>> {
  return state_->guarded([this] { return load_catalog(*state_->database); });
}
auto Store::encoded_catalog() -> Result<std::optional<std::vector<std::byte>>> {
  return state_->guarded([this] { return load_encoded_catalog(*state_->database); });
}

auto Store::save_catalog(batch::Catalog catalog) -> Result<void> {
  State& state = *state_;
  catalog.stream = state.stream.id;
  auto saved = state.transact([&] { save(*state.database, catalog); });
  if (saved) {
    state.know(catalog);
  }
  return saved;
}

auto Store::register_meters(const std::vector<batch::Registration>& configured, reading::Stamp now)
    -> Result<RegisteredMeters> {
  auto known = catalog();
  if (!known) {
    return known.error();
  }
  auto registered_in = std::move(*known).value_or(batch::Catalog{});
  registered_in.city = state_->settings.city;
  registered_in.gateway = state_->settings.gateway;
  registered_in.stream = stream();
  auto registered = batch::register_meters(std::move(registered_in), configured, now);
  if (registered.changed) {
    const auto saved = save_catalog(std::move(registered.catalog));
    if (!saved) {
      return saved.error();
    }
  }
  return RegisteredMeters{.changed = registered.changed, .numbers = std::move(registered.numbers)};
}

auto Store::append(const reading::Entries& entries, const Clock& clock, std::span<const Memo> memos)
    -> Result<void> {
  State& state = *state_;
  if (entries.empty() && memos.empty()) {
    return {};
  }
  std::vector<BatchRow> replaced;
  std::vector<FormerMemo> former;
  std::int64_t next = 0;
  auto appended = state.transact([&] {
    make_room(*state.database, state.settings, encoded_size(entries) + stored_size(memos),
              replaced);
    next = append_chunks(*state.database, entries, clock, state.next_chunk);
    former = replace_memos(*state.database, memos);
  });
  if (!appended) {
    if (state.in_doubt && !state.unaccepted) {
      state.unaccepted = {.first_chunk = state.next_chunk, .former_memos = std::move(former)};
    }
    return appended;
  }
  state.next_chunk = next;
  state.note_replaced(replaced);
  return appended;
}

auto Store::memos() -> Result<std::vector<Memo>> {
  return state_->guarded([this] { return load_memos(*state_->database); });
}

auto Store::forget_memos_except(std::span<const std::string> keys) -> Result<void> {
  return state_->transact([&] { erase_memos_except(*state_->database, keys); });
}

auto Store::redate(const std::string& boot_id, std::chrono::milliseconds utc_offset)
    -> Result<void> {
  return state_->transact([&] { note_boot(*state_->database, boot_id, utc_offset); });
}

auto Store::seal(const SealOrder& order) -> Result<Sealed> {
  State& state = *state_;
  State::Sealing sealing;
  const auto max_age = state.settings.max_age;
  const auto keep_confirmed = state.settings.keep_confirmed;
  const Lifetime lifetime = later(state.lifetime, order.now);
  auto done = state.transact([&] {
    sealing.stream = state.stream;
    if (order.clock_trusted) {
      expire_confirmed(*state.database, order.now.stamp - keep_confirmed,
                       batches_held(*state.database, lifetime, keep_confirmed));
      evict_aged(*state.database, state.settings, batches_held(*state.database, lifetime, max_age),
                 sealing.replaced);
    }
    make_room(*state.database, state.settings, 0, sealing.replaced);
    if (state.adopting) {
      state.adopt(order, sealing);
    }
    state.seal_chunks(order, sealing);
    if (sealing.stream.next_sequence != state.stream.next_sequence) {
      save(*state.database, sealing.stream);
    }
    const auto next = batch::Sequence{sealing.stream.next_sequence};
    if (note_age(*state.database, lifetime, BatchId{sealing.stream.ordinal, next}.value(),
                 std::min(max_age, keep_confirmed), std::max(max_age, keep_confirmed))) {
      save(*state.database, lifetime);
    }
  });
  if (!done) {
    return done.error();
  }
  state.lifetime = lifetime;
  state.stream = std::move(sealing.stream);
  state.adopting = sealing.more_to_adopt;
  state.note_replaced(sealing.replaced);
  auto fresh = unconfirmed(batch::Sequence{state.reported}, max_listed);
  if (!fresh) {
    return fresh.error();
  }
  const bool all_listed = fresh->size() < max_listed;
  state.reported = all_listed ? state.stream.next_sequence - 1 : fresh->back().sequence.value();
  // SQLite keeps the pages of chunks that are gone and of batches that are sent but once.
  sqlite3_db_release_memory(state.database->getHandle());
  return Sealed{.batches = std::move(*fresh),
                .replaced = std::exchange(state.replaced, {}),
                .more = sealing.more_chunks || sealing.more_to_adopt || !all_listed};
}

auto Store::confirm(batch::StreamId stream, std::span<const batch::SequenceRange> ranges,
                    reading::Stamp now) -> Result<std::uint64_t> {
  State& state = *state_;
  return state.transact([&] {
    std::uint64_t confirmed = 0;
    const auto ordinal = state.ordinal_of(stream);
    if (!ordinal) {
      return confirmed;
    }
    for (const auto& range : ranges) {
      for (;;) {
        auto rows = state.find(*ordinal, range, "confirmed_at IS NULL");
        if (rows.empty()) {
          break;
        }
        for (auto& row : rows) {
          row.confirmed_at = now;
          save(*state.database, row);
        }
        confirmed += rows.size();
      }
    }
    return confirmed;
  });
}

auto Store::payload(batch::Sequence sequence) -> Result<std::optional<std::vector<std::byte>>> {
  using Payload = std::optional<std::vector<std::byte>>;
  State& state = *state_;
  std::vector<BatchRow> replaced;
  auto loaded = state.transact([&]() -> Payload {
    auto row = state.find(sequence);
    if (!row) {
      return std::nullopt;
    }
    auto bytes = load_payload(*state.database, *row);
    if (!bytes) {
      bytes = replace_by_tombstone(*state.database, state.settings, state.stream.id, *row,
                                   reading::GapReason::damaged);
      replaced.push_back(*row);
    }
    return bytes;
  });
  if (loaded) {
    state.note_replaced(replaced);
  }
  return loaded;
}

auto Store::unconfirmed(batch::Sequence after, std::size_t limit)
    -> Result<std::vector<BatchInfo>> {
  State& state = *state_;
  return state.guarded([&] {
    std::vector<BatchInfo> batches;
    SQLite::Statement select{*state.database,
                             std::string{"SELECT "} + batch_columns +
                                 " FROM batch WHERE id > ?1 AND confirmed_at IS NULL ORDER BY id "
                                 "LIMIT ?2"};
    bind_values(select, BatchId{state.stream.ordinal, after}.value(),
                static_cast<std::int64_t>(limit));
    while (select.executeStep()) {
      batches.push_back(read_batch(select).info);
    }
    return batches;
  });
}

auto Store::reclaim(std::span<const batch::SequenceRange> ranges)
    -> Result<std::vector<BatchInfo>> {
  State& state = *state_;
  return state.transact([&] {
    std::vector<BatchInfo> held;
    for (const auto& range : ranges) {
      for (auto rest = range; rest.first <= rest.last;) {
        auto rows = state.find(state.stream.ordinal, rest, "true");
        for (auto& row : rows) {
          if (row.confirmed_at) {
            row.confirmed_at.reset();
            save(*state.database, row);
          }
          held.push_back(row.info);
        }
        if (rows.size() < max_listed) {
          break;
        }
        rest.first = batch::Sequence{rows.back().info.sequence.value() + 1};
      }
    }
    return held;
  });
}

auto Store::figures() -> Result<Figures> {
  return state_->guarded([this] { return sum_up(*state_->database); });
}

auto Store::open_new_stream(std::uint64_t random, std::string reason, const Clock& clock)
    -> Result<void> {
  State& state = *state_;
  const StreamRow opened{.ordinal = state.stream.ordinal + 1,
                         .id = stream_id(random),
                         .opened_at = clock.now.stamp,
                         .reason = std::move(reason)};
  reading::Entries entries;
  entries.events.push_back({.time = clock.entry_time(),
                            .kind = reading::EventKind::stream_opened,
                            .meter = {},
                            .number = 0,
                            .text = opened.reason});
  std::int64_t next_chunk = 0;
  auto done = state.transact([&] {
    save(*state.database, opened);
    if (auto catalog = load_catalog(*state.database)) {
      catalog->stream = opened.id;
      save(*state.database, *catalog);
    }
    next_chunk = append_chunks(*state.database, entries, clock, state.next_chunk);
  });
  if (done) {
    state.stream = opened;
    state.next_chunk = next_chunk;
    state.reported = 0;
    state.adopting = true;
    state.replaced.clear();
  }
  return done;
}

}  // namespace bornier::buffer
