// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "buffer/database.hpp"
#include "buffer/store.hpp"

/// The rows of schema/*.sql as structs, with their checksums. Throws as database.hpp does.
namespace bornier::buffer {

struct StreamRow {
  std::int64_t ordinal{};
  batch::StreamId id;
  reading::Stamp opened_at;
  std::string reason;
  std::uint64_t next_sequence = 1;
};

/// `check_row` must hold, else Damage. Ascending by ordinal.
[[nodiscard]] auto load_streams(const SQLite::Database& database) -> std::vector<StreamRow>;
void save(const SQLite::Database& database, const StreamRow& row);

struct BootRow {
  std::int64_t ordinal{};
  std::string boot_id;
  std::optional<std::chrono::milliseconds> utc_offset;
  bool estimated{};
};

[[nodiscard]] auto load_boots(const SQLite::Database& database) -> std::vector<BootRow>;
void save(const SQLite::Database& database, const BootRow& row);

/// Nothing if none was saved; Damage if it does not read back.
[[nodiscard]] auto load_catalog(const SQLite::Database& database) -> std::optional<batch::Catalog>;
/// The same as it was written, not decoded.
[[nodiscard]] auto load_encoded_catalog(const SQLite::Database& database)
    -> std::optional<std::vector<std::byte>>;
/// Its second copy, for when the first does not read back.
[[nodiscard]] auto load_catalog_copy(const SQLite::Database& database)
    -> std::optional<batch::Catalog>;
/// Both copies. Throws CatalogFull instead of writing what load_catalog would not read back.
void save(const SQLite::Database& database, const batch::Catalog& catalog);

/// How long the store has existed, by a clock that no step of the wall clock moves: ageing.hpp.
struct Lifetime {
  std::int64_t start{};  ///< grows with every open()
  std::chrono::milliseconds age{};
  std::string boot_id;  ///< these three: when it had that age
  reading::Instant instant;
  reading::Stamp stamp;
  friend auto operator==(const Lifetime&, const Lifetime&) -> bool = default;
};

/// Nothing if it was never saved or is not as written.
[[nodiscard]] auto load_lifetime(const SQLite::Database& database) -> std::optional<Lifetime>;
void save(const SQLite::Database& database, const Lifetime& row);

/// Batches whose id is less than `batches_before` were sealed at `age` or earlier.
struct AgeMark {
  std::int64_t batches_before{};
  std::chrono::milliseconds age{};
};

/// The newest mark of `until` or earlier; nothing if there is none or it is not as written.
[[nodiscard]] auto load_age_mark(const SQLite::Database& database, std::chrono::milliseconds until)
    -> std::optional<AgeMark>;
void save(const SQLite::Database& database, const AgeMark& row);

struct ChunkRow {
  std::int64_t id{};
  std::int64_t boot{};
  std::int64_t boot_time{};
  std::int64_t utc_offset{};
  bool trusted{};
  std::uint64_t readings{};
  reading::Stamp first;
  reading::Stamp last;
  std::vector<std::byte> entries;
  bool row_intact = true;      ///< everything but `entries` is as written
  bool entries_intact = true;  ///< `entries` is as written
};

/// Replaces a chunk of the same id.
void save(const SQLite::Database& database, const ChunkRow& row);
void erase_chunks(const SQLite::Database& database, const std::vector<std::int64_t>& ids);

/// Columns of a chunk in the order that read_chunk() expects.
constexpr auto chunk_columns =
    "chunk.id, chunk.boot, boot_time, chunk.utc_offset, trusted, readings, first, last, "
    "check_bytes, check_row, entries";
[[nodiscard]] auto read_chunk(const SQLite::Statement& statement) -> ChunkRow;

/// stream.ordinal and sequence in one rowid: 2^23 streams of 2^40 batches, in order, no index.
struct BatchId {
  std::int64_t ordinal{};
  batch::Sequence sequence;

  [[nodiscard]] auto value() const noexcept -> std::int64_t;
  [[nodiscard]] static auto of(std::int64_t value) noexcept -> BatchId;
};
constexpr std::uint64_t max_sequence = (std::uint64_t{1} << 40U) - 1;

struct BatchRow {
  std::int64_t ordinal{};
  BatchInfo info;
  std::optional<reading::Stamp> confirmed_at;
  std::uint32_t check_bytes{};

  [[nodiscard]] auto id() const noexcept -> std::int64_t {
    return BatchId{ordinal, info.sequence}.value();
  }
};

/// Writes the row alone; the payload is written once, by save_payload.
void save(const SQLite::Database& database, const BatchRow& row);
void save_payload(const SQLite::Database& database, BatchRow& row,
                  std::span<const std::byte> payload);
void erase(const SQLite::Database& database, const BatchRow& row);

constexpr auto batch_columns =
    "id, class, tombstone, bytes, readings, first, last, sealed_at, confirmed_at, check_bytes, "
    "check_row";
/// Damage if the row is not as written.
[[nodiscard]] auto read_batch(const SQLite::Statement& statement) -> BatchRow;

/// Nothing if it is not there or not as written.
[[nodiscard]] auto load_payload(const SQLite::Database& database, const BatchRow& row)
    -> std::optional<std::vector<std::byte>>;

/// Of the pages in use, the bound's measure.
[[nodiscard]] auto used_bytes(const SQLite::Database& database) -> std::uint64_t;
[[nodiscard]] auto sum_up(const SQLite::Database& database) -> Figures;

}  // namespace bornier::buffer
