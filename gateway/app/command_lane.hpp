// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/meter_reader.hpp"
#include "app/wakeup.hpp"
#include "io/clock.hpp"

namespace bornier::app {

/// What people ask of a bus now. Orders are carried out one at a time, before the next poll, and
/// between two of them a poll that is due has its turn.
class CommandLane {
 public:
  static constexpr std::size_t most_waiting = 4;
  /// Gets the bus until it returns; what is long lets polls that are due go `between` its requests.
  using Work = std::function<boost::asio::awaitable<void>(MeterReader&, Between between)>;
  enum class End : std::uint8_t {
    done,
    full,      ///< so many wait already
    too_late,  ///< its turn did not come before the deadline; the work was not begun
    bus_down,  ///< there is no connection; not begun either
    stopping,  ///< the gateway ends
    changing,  ///< a new configuration changes the bus; not begun
  };

  /// `wake` is called when an order waits. `clock` is borrowed.
  CommandLane(boost::asio::any_io_executor executor, const io::Clock& clock,
              std::function<void()> wake)
      : executor_{std::move(executor)}, clock_{clock}, wake_{std::move(wake)} {}

  /// Waits for the order's turn until `deadline`, and once it has begun for its end.
  [[nodiscard]] auto carry_out(Work work, reading::Instant deadline) -> boost::asio::awaitable<End>;

  [[nodiscard]] auto has_orders() const noexcept -> bool { return !waiting_.empty(); }
  /// For the owner of the bus, while an order waits.
  [[nodiscard]] auto serve_one(MeterReader& reader, Between between)
      -> boost::asio::awaitable<void>;
  /// All that wait get this answer.
  void refuse(End why);
  /// So do all that come from now on: nobody serves them any more.
  void close(End why);

 private:
  struct Order {
    Order(const boost::asio::any_io_executor& executor, const io::Clock& clock, Work its_work)
        : work{std::move(its_work)}, over{executor, clock} {}
    Work work;
    Wakeup over;
    bool begun = false;
    bool ended = false;
    End end = End::done;
  };

  boost::asio::any_io_executor executor_;
  const io::Clock& clock_;
  std::function<void()> wake_;
  std::optional<End> closed_;
  std::vector<std::shared_ptr<Order>> waiting_;  ///< no deque: an empty one takes 600 bytes a bus
};

/// For people: why their order was not carried out.
[[nodiscard]] auto to_text(CommandLane::End end) -> std::string_view;

}  // namespace bornier::app
