// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/Transaction.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "buffer/database.hpp"
#include "buffer/directory_lock.hpp"
#include "buffer/memo_rows.hpp"
#include "buffer/rows.hpp"
#include "buffer/salvage.hpp"
#include "buffer/sealing.hpp"
#include "buffer/store.hpp"

namespace bornier::buffer {

/// Rows that one call reads into memory.
constexpr std::size_t max_listed = 1024;

/// The open store. What is kept in memory changes only after the transaction that changed it on
/// disk.
struct Store::State {
  State(Settings given, DirectoryLock held) : settings{std::move(given)}, lock{std::move(held)} {}

  /// Opens the file and everything that is kept in memory from it.
  void load(const Clock& clock);

  /// After a failed commit nobody knows whether it reached the disk: read what is there, write it
  /// again (a kernel forgets a failed fsync), and take back what was never accepted.
  void recover();

  /// Runs `work` and turns what it throws into a Failure.
  template <class Work>
  auto guarded(Work work) -> Result<decltype(work())> {
    try {
      if (in_doubt) {
        recover();
      }
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        return {};
      } else {
        return work();
      }
    } catch (const std::exception&) {
      Failure failure = current_failure(database_file(settings.directory));
      if (failure.fault == Fault::damaged) {
        mark_suspect(settings.directory);
      }
      in_doubt = in_doubt || failure.fault != Fault::disk_full;
      return failure;
    }
  }

  /// `work` in one transaction.
  template <class Work>
  auto transact(Work work) -> Result<decltype(work())> {
    return guarded([this, &work] {
      SQLite::Transaction transaction{*database, SQLite::TransactionBehavior::IMMEDIATE};
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        transaction.commit();
      } else {
        auto outcome = work();
        transaction.commit();
        return outcome;
      }
    });
  }

  [[nodiscard]] auto first_of_stream() const -> std::int64_t {
    return BatchId{stream.ordinal, batch::Sequence{0}}.value();
  }

  /// `catalog` is the one on disk.
  void know(const batch::Catalog& catalog) {
    catalog_revision = catalog.revision;
    points = PointTable{catalog};
  }

  [[nodiscard]] auto next_header(const StreamRow& row, const SealOrder& order) const
      -> batch::Header;

  [[nodiscard]] auto find(batch::Sequence sequence) const -> std::optional<BatchRow>;

  /// The oldest held batches of a stream in this range, at most max_listed.
  [[nodiscard]] auto find(std::int64_t ordinal, const batch::SequenceRange& range,
                          const std::string& condition) const -> std::vector<BatchRow>;

  /// Of the current stream or of an older one; nothing for a foreign one.
  [[nodiscard]] auto ordinal_of(batch::StreamId id) const -> std::optional<std::int64_t>;

  /// What one seal() does, until its transaction is through.
  struct Sealing {
    StreamRow stream;
    std::vector<BatchRow> replaced;
    bool more_chunks = false;
    bool more_to_adopt = false;
  };

  void write(Sealing& sealing, BatchRow row, std::span<const std::byte> payload) const;

  void seal_chunks(const SealOrder& order, Sealing& sealing) const;

  /// Seals unconfirmed batches of older streams again, under the current one.
  void adopt(const SealOrder& order, Sealing& sealing) const;

  void note_replaced(const std::vector<BatchRow>& rows);

  /// An append whose commit failed, and may be on disk all the same.
  struct Unaccepted {
    std::int64_t first_chunk{};
    std::vector<FormerMemo> former_memos;
  };

  Settings settings;
  DirectoryLock lock;
  std::optional<SQLite::Database> database;
  Opened opened;
  StreamRow stream;
  Lifetime lifetime;
  batch::Revision catalog_revision;
  PointTable points;
  std::int64_t next_chunk = 1;
  std::optional<Unaccepted> unaccepted;
  bool in_doubt = false;            ///< a commit failed: recover() before anything else
  bool adopting = false;            ///< an older stream has unconfirmed batches
  std::uint64_t reported = 0;       ///< newest number that a seal() has returned
  std::vector<BatchInfo> replaced;  ///< for the next seal() to return
};

}  // namespace bornier::buffer
