// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "buffer/disk_times.hpp"
#include "buffer/store.hpp"
#include "wire/result.hpp"

namespace bornier::buffer {

/// The Store on a thread of its own, awaited from the one io_context: a slow disk stalls nobody
/// else. Calls are carried out one after the other, in the order they were made; each is Store's
/// function of the same name. Destroy it once the io_context has stopped running and before it is
/// destroyed: what was asked for is finished, then the thread ends.
class Buffer {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<Result<T>>;

  /// `store` is open: that happens at start-up, before anything is awaited.
  explicit Buffer(Store store);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  auto operator=(const Buffer&) -> Buffer& = delete;

  /// As of the last call that has come back.
  [[nodiscard]] auto stream() const noexcept -> batch::StreamId;
  [[nodiscard]] auto newest() const noexcept -> batch::Sequence;
  /// The store's; never changes.
  [[nodiscard]] auto start_number() const noexcept -> std::uint64_t;
  [[nodiscard]] auto disk_times() const noexcept -> DiskTimes;

  [[nodiscard]] auto save_catalog(batch::Catalog catalog) -> Awaitable<void>;
  [[nodiscard]] auto register_meters(std::vector<batch::Registration> configured,
                                     reading::Stamp now) -> Awaitable<RegisteredMeters>;
  [[nodiscard]] auto encoded_catalog() -> Awaitable<std::optional<std::vector<std::byte>>>;
  [[nodiscard]] auto append(std::shared_ptr<const reading::Entries> entries, Clock clock,
                            std::vector<Memo> memos = {}) -> Awaitable<void>;
  [[nodiscard]] auto memos() -> Awaitable<std::vector<Memo>>;
  [[nodiscard]] auto forget_memos_except(std::vector<std::string> keys) -> Awaitable<void>;
  [[nodiscard]] auto redate(std::string boot_id, std::chrono::milliseconds utc_offset)
      -> Awaitable<void>;
  [[nodiscard]] auto seal(SealOrder order) -> Awaitable<Sealed>;
  [[nodiscard]] auto confirm(batch::StreamId stream, std::vector<batch::SequenceRange> ranges,
                             reading::Stamp now) -> Awaitable<std::uint64_t>;
  [[nodiscard]] auto payload(batch::Sequence sequence)
      -> Awaitable<std::optional<std::vector<std::byte>>>;
  [[nodiscard]] auto unconfirmed(batch::Sequence after, std::size_t limit)
      -> Awaitable<std::vector<BatchInfo>>;
  [[nodiscard]] auto reclaim(std::vector<batch::SequenceRange> ranges)
      -> Awaitable<std::vector<BatchInfo>>;
  [[nodiscard]] auto figures() -> Awaitable<Figures>;
  /// A file beside the store, on the same thread: buffer::replace_file().
  [[nodiscard]] auto replace_file(std::filesystem::path file, std::string content)
      -> boost::asio::awaitable<wire::Result<void, std::string>>;
  [[nodiscard]] auto open_new_stream(std::uint64_t random, std::string reason, Clock clock)
      -> Awaitable<void>;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bornier::buffer
