// SPDX-License-Identifier: Apache-2.0
#include "app/keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "app/memory.hpp"

namespace bornier::app {
namespace {

using reading::Instant;
using std::chrono::milliseconds;

/// Enough for a good compression; waiting longer would only make the journal large.
constexpr std::uint64_t readings_worth_sealing = 20'000;
constexpr milliseconds pause_after_failure{1'000};
constexpr milliseconds longest_sleep{60'000};

}  // namespace

void end_if_unusable(const buffer::Failure& failure) {
  if (buffer::remedy(failure.fault) != buffer::Remedy::try_again) {
    throw std::runtime_error{buffer::to_text(failure)};
  }
}

Keeper::Keeper(const boost::asio::any_io_executor& executor, const Settings& settings,
               const TrustedClock& clock, buffer::Store store)
    : settings_{settings},
      clock_{clock},
      pending_{settings.memory},
      buffer_{std::move(store)},
      commit_wakeup_{executor, clock.clock()},
      seal_wakeup_{executor, clock.clock()},
      flush_wakeup_{executor, clock.clock()},
      unsealed_since_{clock.clock().now().instant - settings.batch_every} {}

void Keeper::seal_soon() {
  unsealed_since_ = clock_.clock().now().instant - settings_.batch_every;
  seal_wakeup_.notify();
}

/// The commit itself takes time: it begins so much earlier that it is usually over when
/// `commit_every` is. What fills the memory does not wait so long.
auto Keeper::commit_deadline() const -> std::optional<Instant> {
  const auto oldest = pending_.oldest();
  if (!oldest) {
    return std::nullopt;
  }
  if (pending_.is_filling()) {
    return oldest;
  }
  const auto margin = std::min<std::chrono::microseconds>(2 * usual_commit_ + milliseconds{5},
                                                          settings_.commit_every / 4);
  return *oldest + settings_.commit_every - margin;
}

auto Keeper::commit_for_ever() -> boost::asio::awaitable<void> {
  for (;;) {
    const auto now = clock_.clock().now().instant;
    const auto deadline = commit_deadline();
    if (!deadline || *deadline > now) {
      co_await commit_wakeup_.wait(deadline.value_or(now + longest_sleep));
      continue;
    }
    const bool done = co_await commit();
    if (!done) {
      co_await commit_wakeup_.wait(clock_.clock().now().instant + pause_after_failure);
    }
  }
}

auto Keeper::commit() -> boost::asio::awaitable<bool> {
  auto chunk = pending_.begin_commit();
  if (!chunk) {
    co_return true;
  }
  auto clock = clock_.for_buffer();
  clock.trusted = chunk->trusted;
  const auto begun = clock.now.instant;
  const auto readings = reading::count_readings(*chunk->entries);
  committing_ = true;
  auto appending = buffer_.append(chunk->entries, std::move(clock), std::move(chunk->memos));
  const auto kept = co_await std::move(appending);
  committing_ = false;
  const auto took = clock_.clock().now().instant - begun;
  usual_commit_ = std::max(took, usual_commit_ - usual_commit_ / 8);
  if (!kept) {
    pending_.failed(kept.error().fault);
    failed(kept.error());
    co_return false;
  }
  pending_.committed();
  recovered();
  ++figures_.commits;
  figures_.accepted += readings;
  unsealed_readings_ += readings;
  if (!unsealed_since_) {
    unsealed_since_ = begun;
  }
  if (unsealed_readings_ == readings || unsealed_readings_ >= readings_worth_sealing) {
    seal_wakeup_.notify();
  }
  if (outlet_.accepted) {
    outlet_.accepted(*chunk->entries, chunk->trusted);
  }
  co_return true;
}

auto Keeper::seal_for_ever() -> boost::asio::awaitable<void> {
  for (;;) {
    const auto now = clock_.clock().now().instant;
    const auto deadline =
        unsealed_since_ ? *unsealed_since_ + settings_.batch_every : now + longest_sleep;
    if (deadline <= now || unsealed_readings_ >= readings_worth_sealing) {
      co_await seal();
    } else {
      co_await seal_wakeup_.wait(deadline);
    }
  }
}

auto Keeper::seal() -> boost::asio::awaitable<void> {
  bool more = true;
  while (more) {
    unsealed_since_.reset();
    unsealed_readings_ = 0;
    buffer::SealOrder order;
    order.now = clock_.clock().now();
    order.clock_trusted = clock_.is_trusted();
    order.batch_max = settings_.batch_max;
    if (outlet_.backlog) {
      order.backlog = outlet_.backlog();
    }
    const auto sealed = co_await buffer_.seal(std::move(order));
    if (!sealed) {
      failed(sealed.error());
      unsealed_since_ = clock_.clock().now().instant;  // tried again with the next batch
      co_return;
    }
    for (const auto& info : sealed->batches) {
      figures_.sealed += info.tombstone ? 0 : info.readings;
    }
    if (outlet_.sealed) {
      outlet_.sealed(*sealed);
    }
    if (!sealed->replaced.empty()) {
      spdlog::warn(
          "buffer: {} unconfirmed batches evicted (buffer.max_bytes or max_age); their gaps are "
          "delivered instead",
          sealed->replaced.size());
    }
    more = sealed->more;
  }
  return_unused_memory();  // a batch takes twenty times its size while it is made
}

auto Keeper::flush() -> boost::asio::awaitable<void> {
  // A commit under way holds the front chunk: wait until it has come back.
  while (committing_) {
    co_await flush_wakeup_.wait(clock_.clock().now().instant + milliseconds{5});
  }
  bool more = pending_.waiting_readings() > 0 || pending_.bytes() > 0;
  while (more) {
    more = co_await commit();
    more = more && pending_.bytes() > 0;
  }
  if (const auto lost = pending_.waiting_readings(); lost > 0) {
    spdlog::error("buffer: {} readings of the last moments are lost with this stop: {}", lost,
                  figures_.last_failure);
  }
}

void Keeper::failed(const buffer::Failure& failure) {
  end_if_unusable(failure);
  ++figures_.commit_failures;
  const auto text = buffer::to_text(failure);
  if (figures_.last_failure != text) {
    spdlog::error("buffer: {}; readings wait in memory and the disk is tried again every second",
                  text);
    figures_.last_failure = text;
  }
}

void Keeper::recovered() {
  if (!figures_.last_failure.empty()) {
    spdlog::info("buffer: the disk takes readings again");
    figures_.last_failure.clear();
  }
}

}  // namespace bornier::app
