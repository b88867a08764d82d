// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "buffer/database.hpp"
#include "buffer/rows.hpp"
#include "buffer/store.hpp"

/// What leaves the disk, and how it is declared. All inside the caller's transaction; throws as
/// database.hpp does.
namespace bornier::buffer {

/// Confirmed at `until` or earlier, and of an id less than `before` (ageing.hpp): so that a step of
/// the wall clock alone expires nothing. A bounded number at a call.
void expire_confirmed(const SQLite::Database& database, reading::Stamp until, std::int64_t before);

/// Unconfirmed batches of an id less than `before` become tombstones, a bounded number at a call,
/// appended to `replaced`.
void evict_aged(const SQLite::Database& database, const Settings& settings, std::int64_t before,
                std::vector<BatchRow>& replaced);

/// Until `incoming` more bytes stay within max_bytes: confirmed batches first, then detail, then
/// billing, each oldest first; then the oldest chunks. Unconfirmed batches become tombstones,
/// appended to `replaced`. Throws NoRoom when nothing is left to evict.
void make_room(const SQLite::Database& database, const Settings& settings, std::uint64_t incoming,
               std::vector<BatchRow>& replaced);

/// The payload is lost: a Gap takes its number. Returns the tombstone's payload.
auto replace_by_tombstone(const SQLite::Database& database, const Settings& settings,
                          batch::StreamId stream, BatchRow& row, reading::GapReason reason)
    -> std::vector<std::byte>;

/// A time that nothing in the journal is older than, as far as batches and streams tell: chunks are
/// sealed in the order of their acceptance.
[[nodiscard]] auto journal_begins(const SQLite::Database& database)
    -> std::optional<reading::Stamp>;

/// A chunk whose bytes do not read back, as the Gap that declares it. Where its times are lost too,
/// `around`: what lies before and after it.
struct Around {
  reading::Stamp first;
  reading::Stamp last;
};
[[nodiscard]] auto gap_of_damaged(const ChunkRow& chunk, Around around) -> reading::Gap;

}  // namespace bornier::buffer
