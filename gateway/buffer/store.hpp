// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "buffer/fault.hpp"
#include "buffer/figures.hpp"
#include "buffer/memo.hpp"
#include "reading/entries.hpp"
#include "reading/time.hpp"

namespace bornier::buffer {

struct Settings {
  std::filesystem::path directory;  ///< the state directory; made if its parent allows it
  std::string city;                 ///< both go into the header of every batch
  std::string gateway;
  std::uint64_t max_bytes = std::uint64_t{512}
                            << 20U;  ///< of buffer.db; its WAL (≤ 8 MiB) excluded
  /// Since it was sealed. Both are counted in time that passed, not in steps of the wall clock.
  std::chrono::milliseconds max_age = std::chrono::hours{30 * 24};
  std::chrono::milliseconds keep_confirmed = std::chrono::hours{7 * 24};
  std::string vfs;  ///< SQLite VFS, empty for the system's: how the tests cut the power
};

/// The clocks at one moment, and how far UTC is to be believed.
struct Clock {
  std::string boot_id;  ///< /proc/sys/kernel/random/boot_id
  reading::Now now;
  bool trusted{};

  /// UTC minus boot time.
  [[nodiscard]] auto utc_offset() const noexcept -> std::chrono::milliseconds {
    return now.stamp.time_since_epoch() -
           std::chrono::floor<std::chrono::milliseconds>(now.instant.time_since_epoch());
  }
  /// The time an entry made now carries: UTC, or milliseconds since boot while UTC is not trusted.
  [[nodiscard]] auto entry_time() const noexcept -> reading::Stamp {
    return trusted ? now.stamp : reading::Stamp{now.stamp.time_since_epoch() - utc_offset()};
  }
};

/// What open() found.
struct Opened {
  enum class How : std::uint8_t { fresh, existing, salvaged } how{};
  std::filesystem::path set_aside;  ///< of a salvaged store: where the damaged file is now
  std::string explanation;          ///< of a salvaged store: what was found and what is lost
};

struct BatchInfo {
  batch::Sequence sequence;
  batch::Class batch_class{};
  bool tombstone{};
  std::uint64_t bytes{};     ///< of the payload
  std::uint64_t readings{};  ///< in it, or lost with it
  reading::Stamp first;
  reading::Stamp last;
  reading::Stamp sealed_at;
  friend auto operator==(const BatchInfo&, const BatchInfo&) -> bool = default;
};

struct RegisteredMeters {
  bool changed{};                                   ///< the catalog has another revision now
  std::vector<batch::Registered::Numbers> numbers;  ///< in the order of the registrations
};

struct SealOrder {
  reading::Now now;                           ///< of the boot that open() was told of
  bool clock_trusted{};                       ///< max_age and keep_confirmed wait for it
  std::size_t batch_max = 64U * 1024U;        ///< payload bytes; a single answer may exceed it
  std::vector<batch::SequenceRange> backlog;  ///< for the headers: sealed, not sent yet
};

struct Sealed {
  std::vector<BatchInfo> batches;   ///< in order; each number is reported by one seal() only
  std::vector<BatchInfo> replaced;  ///< unconfirmed batches that were evicted: their tombstones
  bool more{};                      ///< sealable entries remain: call again
};

/// The durable queue between taking a reading and its confirmed delivery. DESIGN.md has the format.
///
/// Used by one thread at a time. Every change is one transaction, synced before the function
/// returns; after a Failure nothing of it counts, and the next call recovers by itself unless
/// remedy(fault) says otherwise. Never throws.
class Store {
 public:
  /// `random` becomes the stream id should the store be created afresh or salvaged.
  [[nodiscard]] static auto open(Settings settings, const Clock& clock, std::uint64_t random)
      -> Result<Store>;

  Store(Store&&) noexcept;
  auto operator=(Store&&) noexcept -> Store&;
  ~Store();

  [[nodiscard]] auto opened() const noexcept -> const Opened&;
  [[nodiscard]] auto stream() const noexcept -> batch::StreamId;
  /// The newest sealed number of the stream; 0 if none.
  [[nodiscard]] auto newest() const noexcept -> batch::Sequence;
  /// Greater than at every earlier open(), also when the clock went back meanwhile. Below 2^39.
  [[nodiscard]] auto start_number() const noexcept -> std::uint64_t;

  /// Both from disk; nothing if none was ever saved. The second as it goes to the platform.
  [[nodiscard]] auto catalog() -> Result<std::optional<batch::Catalog>>;
  [[nodiscard]] auto encoded_catalog() -> Result<std::optional<std::vector<std::byte>>>;
  /// Before the first chunk that uses it. The stream id in it is replaced by the store's own.
  /// Fault::catalog_full, and nothing is changed, if it would not decode (batch/catalog.hpp).
  [[nodiscard]] auto save_catalog(batch::Catalog catalog) -> Result<void>;

  /// The numbers of the configured meters in the catalog, which gets those that it lacks: before
  /// the first chunk that uses them. Otherwise as save_catalog.
  [[nodiscard]] auto register_meters(const std::vector<batch::Registration>& configured,
                                     reading::Stamp now) -> Result<RegisteredMeters>;

  /// Accepts one chunk (promise 1). Its times are UTC if `clock.trusted`, else milliseconds since
  /// boot: such a chunk waits unsealed until its boot is dated. `memos` are accepted with it or not
  /// at all; they may come without entries.
  [[nodiscard]] auto append(const reading::Entries& entries, const Clock& clock,
                            std::span<const Memo> memos = {}) -> Result<void>;

  /// The newest accepted memo of each key, by key; without those that do not read back.
  [[nodiscard]] auto memos() -> Result<std::vector<Memo>>;
  /// For the start: memos of sources that are no longer configured go. Should such a source come
  /// back, it may take again what it took before. Writes nothing if there is none.
  [[nodiscard]] auto forget_memos_except(std::span<const std::string> keys) -> Result<void>;

  /// UTC minus boot time of this boot is known now: dates its chunks, those here and those still to
  /// come. The first offset given for a boot stays (times are never rewritten).
  [[nodiscard]] auto redate(const std::string& boot_id, std::chrono::milliseconds utc_offset)
      -> Result<void>;

  /// Turns a bounded amount of dated chunks into batches, then drops what is too old or too much.
  [[nodiscard]] auto seal(const SealOrder& order) -> Result<Sealed>;

  /// Frees these batches; how many were not confirmed before. Unknown numbers and foreign streams
  /// are ignored. An older stream of this store counts as long as its batches are not sealed again:
  /// what the platform stored before it learned of the new stream is not delivered twice.
  [[nodiscard]] auto confirm(batch::StreamId stream, std::span<const batch::SequenceRange> ranges,
                             reading::Stamp now) -> Result<std::uint64_t>;

  /// The payload as first sealed, byte for byte, or the tombstone that took its place; nothing for
  /// a number that is not held. One that no longer matches its checksum becomes a tombstone here.
  [[nodiscard]] auto payload(batch::Sequence sequence)
      -> Result<std::optional<std::vector<std::byte>>>;

  /// The unconfirmed batches after `after`, ascending, at most `limit`.
  [[nodiscard]] auto unconfirmed(batch::Sequence after, std::size_t limit)
      -> Result<std::vector<BatchInfo>>;

  /// The platform lacks these: all that is held of them counts as unconfirmed again and is
  /// returned, ascending in each range. The caller bounds the ranges.
  [[nodiscard]] auto reclaim(std::span<const batch::SequenceRange> ranges)
      -> Result<std::vector<BatchInfo>>;

  [[nodiscard]] auto figures() -> Result<Figures>;

  /// The platform holds other bytes under our numbers (a restored or cloned card): numbers start
  /// again at 1 under a new id, the unconfirmed batches are sealed again by the next seal() calls,
  /// and the catalog is carried over.
  [[nodiscard]] auto open_new_stream(std::uint64_t random, std::string reason, const Clock& clock)
      -> Result<void>;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace bornier::buffer
