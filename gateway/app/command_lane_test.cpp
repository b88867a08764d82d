// SPDX-License-Identifier: Apache-2.0
#include "app/command_lane.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "app/testing.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

/// A lane whose bus is served by the test.
class CommandLaneTest : public testing::Test {
 protected:
  void order(reading::Instant::duration patience) {
    const auto wait = [this](reading::Instant::duration its) -> boost::asio::awaitable<void> {
      CommandLane::Work work = [this](MeterReader&,
                                      const Between&) -> boost::asio::awaitable<void> {
        ++worked;
        co_return;
      };
      const auto end = co_await lane.carry_out(std::move(work), clock.now().instant + its);
      ends.push_back(end);
    };
    waiting.push_back(wait);
    io::spawn(loop.get_executor(), waiting.back()(patience), "order");
    loop.restart();
    loop.poll();
  }
  void serve() {
    const auto one = [this]() -> boost::asio::awaitable<void> {
      co_await lane.serve_one(reader, {});
    };
    io::spawn(loop.get_executor(), one(), "bus");
    loop.restart();
    loop.poll();
  }
  using Ends = std::vector<CommandLane::End>;

  boost::asio::io_context loop;
  io::SystemClock clock;
  int woken = 0;
  int worked = 0;
  Ends ends;
  std::deque<std::function<boost::asio::awaitable<void>(reading::Instant::duration)>> waiting;
  MeterReader reader{loop.get_executor(), BusSettings{}, std::make_unique<ScriptedLine>(clock),
                     clock};
  CommandLane lane{loop.get_executor(), clock, [this] { ++woken; }};
};

TEST_F(CommandLaneTest, ServesOneOrderAtATime) {
  order(1h);
  order(1h);
  EXPECT_EQ(woken, 2);
  serve();
  EXPECT_EQ(worked, 1);
  EXPECT_EQ(ends, (Ends{CommandLane::End::done}));
  EXPECT_TRUE(lane.has_orders());
  serve();
  EXPECT_EQ(ends, (Ends{CommandLane::End::done, CommandLane::End::done}));
  EXPECT_FALSE(lane.has_orders());
}

TEST_F(CommandLaneTest, ForgetsAnOrderWhoseTurnDoesNotComeInTime) {
  order(5ms);
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (ends.empty() && loop.run_one_until(limit) > 0) {
  }
  EXPECT_EQ(ends, (Ends{CommandLane::End::too_late}));
  EXPECT_FALSE(lane.has_orders());
  EXPECT_EQ(worked, 0);
}

TEST_F(CommandLaneTest, Promise7_TakesFourOrdersAndRefusesTheFifth) {
  for (std::size_t count = 0; count < CommandLane::most_waiting; ++count) {
    order(1h);
  }
  EXPECT_EQ(ends, Ends{});
  order(1h);
  EXPECT_EQ(ends, (Ends{CommandLane::End::full}));
  serve();
  order(1h);
  EXPECT_EQ(ends.back(), CommandLane::End::done) << "there is room again";
}

TEST_F(CommandLaneTest, TellsAllThatWaitWhyTheyAreRefused) {
  order(1h);
  order(1h);
  lane.refuse(CommandLane::End::bus_down);
  loop.restart();
  loop.poll();
  EXPECT_EQ(ends, (Ends{CommandLane::End::bus_down, CommandLane::End::bus_down}));
  EXPECT_EQ(worked, 0);
}

TEST_F(CommandLaneTest, RefusesWhatComesOnceItIsClosed) {
  order(1h);
  lane.close(CommandLane::End::changing);
  order(1h);
  EXPECT_EQ(ends, (Ends{CommandLane::End::changing, CommandLane::End::changing}));
  EXPECT_FALSE(lane.has_orders());
  EXPECT_EQ(worked, 0);
}

}  // namespace
}  // namespace bornier::app
