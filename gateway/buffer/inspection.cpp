// SPDX-License-Identifier: Apache-2.0
#include "buffer/inspection.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>

#include <string>
#include <utility>

#include "buffer/database.hpp"
#include "buffer/dating.hpp"
#include "buffer/rows.hpp"
#include "buffer/salvage.hpp"

namespace bornier::buffer {

struct Inspection::State {
  explicit State(const std::filesystem::path& path)
      : file{path}, database{open_read_only(path)}, snapshot{database} {
    // The snapshot begins with the first read, not with BEGIN.
    (void)number(database, "SELECT count(*) FROM stream");
  }

  template <class Work>
  auto guarded(Work work) -> Result<decltype(work())> {
    try {
      return work();
    } catch (const std::exception&) {
      return current_failure(file);
    }
  }

  /// Returns how many could not be read.
  auto visit_batches(const std::function<void(const Exported&)>& visit) -> std::uint64_t {
    std::uint64_t unreadable = 0;
    const auto streams = load_streams(database);
    SQLite::Statement select{database, std::string{"SELECT "} + batch_columns +
                                           " FROM batch WHERE NOT tombstone ORDER BY id"};
    while (select.executeStep()) {
      const BatchRow row = read_batch(select);
      const auto payload = load_payload(database, row);
      const auto batch = batch::decode_batch(payload.value_or(std::vector<std::byte>{}));
      const auto* entries = batch ? std::get_if<reading::Entries>(&batch->body) : nullptr;
      if (entries == nullptr) {
        ++unreadable;
        continue;
      }
      visit({.stage = row.confirmed_at ? Stage::confirmed : Stage::sealed,
             .stream = batch->header.stream,
             .sequence = row.info.sequence,
             .dated = true,
             .entries = *entries});
    }
    return unreadable;
  }

  auto visit_chunks(const std::function<void(const Exported&)>& visit) -> std::uint64_t {
    std::uint64_t unreadable = 0;
    SQLite::Statement select{database,
                             std::string{"SELECT "} + chunk_columns +
                                 ", boot.utc_offset, boot.estimated FROM chunk "
                                 "LEFT JOIN boot ON boot.ordinal = chunk.boot ORDER BY chunk.id"};
    while (select.executeStep()) {
      const ChunkRow chunk = read_chunk(select);
      auto entries = batch::decode_entries(chunk.entries);
      if (!chunk.row_intact || !chunk.entries_intact || !entries) {
        ++unreadable;
        continue;
      }
      const bool dated_by_boot = !chunk.trusted && !select.isColumnNull(11);
      reading::Entries shown = std::move(*entries);
      if (dated_by_boot) {
        shown = date(std::move(shown), std::chrono::milliseconds{select.getColumn(11).getInt64()},
                     select.getColumn(12).getInt64() != 0);
      }
      visit({.stage = Stage::journal,
             .stream = {},
             .sequence = {},
             .dated = chunk.trusted || dated_by_boot,
             .entries = shown});
    }
    return unreadable;
  }

  std::filesystem::path file;
  SQLite::Database database;
  SQLite::Transaction snapshot;
};

Inspection::Inspection(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
Inspection::Inspection(Inspection&&) noexcept = default;
auto Inspection::operator=(Inspection&&) noexcept -> Inspection& = default;
Inspection::~Inspection() = default;

auto Inspection::open(const std::filesystem::path& directory) -> Result<Inspection> {
  const auto file = database_file(directory);
  try {
    return Inspection{std::make_unique<State>(file)};
  } catch (const std::exception&) {
    return current_failure(file);
  }
}

auto Inspection::figures() -> Result<Figures> {
  return state_->guarded([this] { return sum_up(state_->database); });
}

auto Inspection::catalog() -> Result<std::optional<batch::Catalog>> {
  return state_->guarded([this] { return load_catalog(state_->database); });
}

auto Inspection::for_each(const std::function<void(const Exported&)>& visit)
    -> Result<std::uint64_t> {
  return state_->guarded(
      [&] { return state_->visit_batches(visit) + state_->visit_chunks(visit); });
}

}  // namespace bornier::buffer
