// SPDX-License-Identifier: Apache-2.0
#include "app/command_lane.hpp"

#include <algorithm>
#include <utility>

namespace bornier::app {
namespace {

/// A wakeup needs an end; nothing waits that long.
constexpr std::chrono::hours for_ever{24};

}  // namespace

auto CommandLane::carry_out(Work work, reading::Instant deadline) -> boost::asio::awaitable<End> {
  if (closed_) {
    co_return *closed_;
  }
  if (waiting_.size() >= most_waiting) {
    co_return End::full;
  }
  const auto order = std::make_shared<Order>(executor_, clock_, std::move(work));
  waiting_.push_back(order);
  wake_();
  while (!order->ended) {
    const auto now = clock_.now().instant;
    if (!order->begun && now >= deadline) {
      std::erase(waiting_, order);
      co_return End::too_late;
    }
    co_await order->over.wait(order->begun ? now + for_ever : deadline);
  }
  co_return order->end;
}

auto CommandLane::serve_one(MeterReader& reader, Between between) -> boost::asio::awaitable<void> {
  const auto order = waiting_.front();
  waiting_.erase(waiting_.begin());
  order->begun = true;
  co_await order->work(reader, std::move(between));
  order->ended = true;
  order->over.notify();
}

void CommandLane::refuse(End why) {
  for (const auto& order : std::exchange(waiting_, {})) {
    order->end = why;
    order->ended = true;
    order->over.notify();
  }
}

void CommandLane::close(End why) {
  closed_ = why;
  refuse(why);
}

auto to_text(CommandLane::End end) -> std::string_view {
  switch (end) {
    case CommandLane::End::done: return "done";
    case CommandLane::End::full: return "others are asking the same bus; try again";
    case CommandLane::End::too_late:
      return "the bus was busy too long; nothing was asked; try again";
    case CommandLane::End::bus_down:
      return "the gateway has no connection on this bus; `bornier status` says why";
    case CommandLane::End::stopping: return "the gateway is stopping; try again";
    case CommandLane::End::changing:
      return "the bus is being set up anew for a changed configuration; nothing was asked; try "
             "again";
  }
  return "";
}

}  // namespace bornier::app
