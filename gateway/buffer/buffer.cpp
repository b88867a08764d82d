// SPDX-License-Identifier: Apache-2.0
#include "buffer/buffer.hpp"

#include <chrono>
#include <utility>

#include "buffer/disk_thread.hpp"
#include "buffer/replace_file.hpp"

namespace bornier::buffer {

struct Buffer::Impl {
  explicit Impl(Store opened)
      : store{std::move(opened)},
        start_number{store.start_number()},
        stream{store.stream()},
        newest{store.newest()} {}

  Store store;                       ///< for the disk thread only
  const std::uint64_t start_number;  ///< from here on copies for the caller's thread
  batch::StreamId stream;
  batch::Sequence newest;
  DiskThread disk;  ///< last, so that it ends first

  /// A call together with where the numbering stands after it.
  template <class Outcome>
  struct Numbered {
    Outcome outcome;
    batch::StreamId stream;
    batch::Sequence newest;
  };

  template <class Call>
  auto run(Call call) -> boost::asio::awaitable<decltype(call(store))> {
    using Outcome = decltype(call(store));
    auto work = [this, call = std::move(call)]() mutable {
      auto outcome = call(store);
      return Numbered<Outcome>{std::move(outcome), store.stream(), store.newest()};
    };
    auto running = disk.run(std::move(work));
    auto numbered = co_await std::move(running);
    stream = numbered.stream;
    newest = numbered.newest;
    co_return std::move(numbered.outcome);
  }
};

Buffer::Buffer(Store store) : impl_{std::make_unique<Impl>(std::move(store))} {}
Buffer::~Buffer() = default;

auto Buffer::stream() const noexcept -> batch::StreamId {
  return impl_->stream;
}
auto Buffer::newest() const noexcept -> batch::Sequence {
  return impl_->newest;
}
auto Buffer::start_number() const noexcept -> std::uint64_t {
  return impl_->start_number;
}
auto Buffer::disk_times() const noexcept -> DiskTimes {
  return impl_->disk.times();
}

auto Buffer::save_catalog(batch::Catalog catalog) -> Awaitable<void> {
  return impl_->run([catalog = std::move(catalog)](Store& store) mutable {
    return store.save_catalog(std::move(catalog));
  });
}

auto Buffer::register_meters(std::vector<batch::Registration> configured, reading::Stamp now)
    -> Awaitable<RegisteredMeters> {
  return impl_->run([configured = std::move(configured), now](Store& store) {
    return store.register_meters(configured, now);
  });
}

auto Buffer::encoded_catalog() -> Awaitable<std::optional<std::vector<std::byte>>> {
  return impl_->run([](Store& store) { return store.encoded_catalog(); });
}

auto Buffer::append(std::shared_ptr<const reading::Entries> entries, Clock clock,
                    std::vector<Memo> memos) -> Awaitable<void> {
  return impl_->run(
      [entries = std::move(entries), clock = std::move(clock),
       memos = std::move(memos)](Store& store) { return store.append(*entries, clock, memos); });
}

auto Buffer::memos() -> Awaitable<std::vector<Memo>> {
  return impl_->run([](Store& store) { return store.memos(); });
}

auto Buffer::forget_memos_except(std::vector<std::string> keys) -> Awaitable<void> {
  return impl_->run(
      [keys = std::move(keys)](Store& store) { return store.forget_memos_except(keys); });
}

auto Buffer::redate(std::string boot_id, std::chrono::milliseconds utc_offset) -> Awaitable<void> {
  return impl_->run([boot_id = std::move(boot_id), utc_offset](Store& store) {
    return store.redate(boot_id, utc_offset);
  });
}

auto Buffer::seal(SealOrder order) -> Awaitable<Sealed> {
  return impl_->run([order = std::move(order)](Store& store) { return store.seal(order); });
}

auto Buffer::confirm(batch::StreamId stream, std::vector<batch::SequenceRange> ranges,
                     reading::Stamp now) -> Awaitable<std::uint64_t> {
  return impl_->run([stream, ranges = std::move(ranges), now](Store& store) {
    return store.confirm(stream, ranges, now);
  });
}

auto Buffer::payload(batch::Sequence sequence) -> Awaitable<std::optional<std::vector<std::byte>>> {
  return impl_->run([sequence](Store& store) { return store.payload(sequence); });
}

auto Buffer::unconfirmed(batch::Sequence after, std::size_t limit)
    -> Awaitable<std::vector<BatchInfo>> {
  return impl_->run([after, limit](Store& store) { return store.unconfirmed(after, limit); });
}

auto Buffer::reclaim(std::vector<batch::SequenceRange> ranges)
    -> Awaitable<std::vector<BatchInfo>> {
  return impl_->run([ranges = std::move(ranges)](Store& store) { return store.reclaim(ranges); });
}

auto Buffer::figures() -> Awaitable<Figures> {
  return impl_->run([](Store& store) {
    const auto begun = std::chrono::steady_clock::now();
    auto figures = store.figures();
    if (figures) {
      figures->counted_for =
          std::chrono::ceil<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    }
    return figures;
  });
}

auto Buffer::replace_file(std::filesystem::path file, std::string content)
    -> boost::asio::awaitable<wire::Result<void, std::string>> {
  return impl_->run([file = std::move(file), content = std::move(content)](Store&) {
    return buffer::replace_file(file, content);
  });
}

auto Buffer::open_new_stream(std::uint64_t random, std::string reason, Clock clock)
    -> Awaitable<void> {
  return impl_->run(
      [random, reason = std::move(reason), clock = std::move(clock)](Store& store) mutable {
        return store.open_new_stream(random, std::move(reason), clock);
      });
}

}  // namespace bornier::buffer
