// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/trusted_clock.hpp"
#include "app/wakeup.hpp"
#include "buffer/buffer.hpp"
#include "buffer/pending.hpp"

namespace bornier::app {

/// Since the start, for `status`.
struct KeeperFigures {
  std::uint64_t accepted{};  ///< readings committed and synced
  std::uint64_t sealed{};    ///< readings in batches sealed
  std::uint64_t commits{};
  std::uint64_t commit_failures{};
  std::string last_failure;  ///< of the disk; empty while all is well
};

/// Throws where the store cannot go on: that ends the process, and its next start sets the damaged
/// file aside. Returns where asking again helps.
void end_if_unusable(const buffer::Failure& failure);

/// Keeps what the buses report: commits it in time, seals it into batches, tells delivery about
/// them.
class Keeper {
 public:
  struct Settings {
    std::chrono::milliseconds commit_every;
    std::chrono::milliseconds batch_every;
    std::uint64_t batch_max;
    std::uint64_t memory;
  };
  /// The way on. All are called on the executor's thread.
  struct Outlet {
    /// These are on disk. `trusted`: their times are UTC, else milliseconds since boot.
    std::function<void(const reading::Entries&, bool trusted)> accepted;
    std::function<void(const buffer::Sealed&)> sealed;
    std::function<std::vector<batch::SequenceRange>()> backlog;
  };

  /// `clock` is borrowed.
  Keeper(const boost::asio::any_io_executor& executor, const Settings& settings,
         const TrustedClock& clock, buffer::Store store);

  void set_outlet(Outlet outlet) { outlet_ = std::move(outlet); }

  [[nodiscard]] auto pending() noexcept -> buffer::Pending& { return pending_; }
  [[nodiscard]] auto buffer() noexcept -> buffer::Buffer& { return buffer_; }
  [[nodiscard]] auto buffer() const noexcept -> const buffer::Buffer& { return buffer_; }
  [[nodiscard]] auto figures() const noexcept -> const KeeperFigures& { return figures_; }
  /// Readings fill half of the memory that they may wait in: the disk does not keep up.
  [[nodiscard]] auto is_behind() const noexcept -> bool {
    return pending_.bytes() > settings_.memory / 2;
  }
  [[nodiscard]] auto waiting_bytes() const noexcept -> std::size_t { return pending_.bytes(); }

  /// Something waits in `pending` that did not before.
  void wake() { commit_wakeup_.notify(); }
  /// Entries that were waiting can be sealed now: the clock became trusted, or a new stream was
  /// opened.
  void seal_soon();

  [[nodiscard]] auto commit_for_ever() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto seal_for_ever() -> boost::asio::awaitable<void>;
  /// Commits all that waits, for a shutdown; gives up when the disk refuses, and says what is lost.
  [[nodiscard]] auto flush() -> boost::asio::awaitable<void>;

 private:
  [[nodiscard]] auto commit_deadline() const -> std::optional<reading::Instant>;
  /// False if the disk refused.
  [[nodiscard]] auto commit() -> boost::asio::awaitable<bool>;
  [[nodiscard]] auto seal() -> boost::asio::awaitable<void>;
  void failed(const buffer::Failure& failure);
  void recovered();

  Settings settings_;
  const TrustedClock& clock_;
  buffer::Pending pending_;
  buffer::Buffer buffer_;
  Outlet outlet_;
  Wakeup commit_wakeup_;
  Wakeup seal_wakeup_;
  Wakeup flush_wakeup_;
  bool committing_ = false;
  std::chrono::microseconds
      usual_commit_{};  ///< how long commits take of late, the slow ones weighing more
  std::optional<reading::Instant> unsealed_since_;
  std::uint64_t unsealed_readings_ = 0;
  KeeperFigures figures_;
};

}  // namespace bornier::app
