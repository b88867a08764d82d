// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "buffer/rows.hpp"
#include "buffer/store.hpp"

/// The chunks between acceptance and sealing. Inside the caller's transaction; throws as
/// database.hpp does.
namespace bornier::buffer {

/// Entries as chunks under `first_id`, `first_id` + 1 …: usually one, more if they are too many for
/// one body. Replaces what stands there. Returns the id after the last.
auto append_chunks(const SQLite::Database& database, const reading::Entries& entries,
                   const Clock& clock, std::int64_t first_id) -> std::int64_t;

/// As append_chunks for a few entries whose times are UTC whatever the clock of now is worth.
auto append_dated(const SQLite::Database& database, const reading::Entries& entries,
                  const Clock& clock, std::int64_t id) -> std::int64_t;

/// Bytes that append_chunks will store, near enough to make room for them.
[[nodiscard]] auto encoded_size(const reading::Entries& entries) -> std::uint64_t;

/// The boot's row; made if it is new. A trusted clock dates its boot, once.
auto note_boot(const SQLite::Database& database, const std::string& boot_id,
               std::optional<std::chrono::milliseconds> utc_offset) -> BootRow;

/// Boots that ended before their clock was trusted get an estimate: the UTC that their system clock
/// showed, but never before the latest time that is known from earlier. Boots without chunks are
/// forgotten.
void date_past_boots(const SQLite::Database& database, const std::string& current_boot_id);

/// Chunks that no longer match their checksums become Gaps.
void declare_damaged_chunks(const SQLite::Database& database, const Clock& clock);

struct Taken {
  reading::Entries entries;  ///< dated
  std::vector<std::int64_t> ids;
  std::uint64_t bytes{};  ///< as stored
  bool more{};
};

/// The oldest dated chunks, within what one batch body may hold. They stay until erase_chunks.
[[nodiscard]] auto take_chunks(const SQLite::Database& database, reading::Stamp now) -> Taken;

}  // namespace bornier::buffer
