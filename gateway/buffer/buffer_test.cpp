// SPDX-License-Identifier: Apache-2.0
#include "buffer/buffer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>
#include <thread>

#include "buffer/disk_thread.hpp"
#include "buffer/store_fixture.hpp"

namespace bornier::buffer {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Runs one coroutine to its end.
template <class Coroutine>
void run(Coroutine coroutine) {
  asio::io_context context;
  std::exception_ptr thrown;
  asio::co_spawn(context, std::move(coroutine),
                 [&thrown](std::exception_ptr error) { thrown = std::move(error); });
  context.run();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
}

TEST(DiskThread, RunsElsewhereAndComesBack) {
  DiskThread disk;
  std::thread::id worker;
  std::thread::id after;
  run([&]() -> asio::awaitable<void> {
    auto running = disk.run([] { return std::this_thread::get_id(); });
    worker = co_await std::move(running);
    after = std::this_thread::get_id();
  });
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_EQ(after, std::this_thread::get_id());
  EXPECT_EQ(disk.times().calls, 1U);
}

TEST(DiskThread, Promise6_DoesNotBlockTheCallerWhileTheDiskStalls) {
  DiskThread disk;
  asio::io_context context;
  std::promise<void> disk_answers;
  bool others_ran = false;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        auto running = disk.run([&disk_answers] {
          disk_answers.get_future().wait();
          return 0;
        });
        co_await std::move(running);
        EXPECT_TRUE(others_ran);
      },
      [](std::exception_ptr error) { EXPECT_FALSE(error); });
  asio::post(context, [&] {
    others_ran = true;
    disk_answers.set_value();  // only now does the disk answer
  });
  context.run();
  EXPECT_TRUE(others_ran);
}

TEST(Store, GivesConfiguredMetersTheirNumbersAndChangesTheCatalogOnlyForNewOnes) {
  const TemporaryDirectory directory;
  auto store = Store::open(settings_in(directory), clock_at(new_year), 7).value();
  ASSERT_TRUE(store.save_catalog(three_points()));
  batch::Registration water;
  water.meter.id = "water";
  water.points.emplace_back().name = "volume";
  const auto added = store.register_meters({water}, new_year);
  ASSERT_TRUE(added);
  EXPECT_TRUE(added->changed);
  EXPECT_EQ(added->numbers.at(0).meter, reading::MeterNumber{3});
  EXPECT_EQ(added->numbers[0].points.at(0), reading::PointNumber{4});
  const auto catalog = store.catalog().value();
  EXPECT_EQ(catalog->meters.at(0).valid_to, new_year) << "it is not configured any more";
  const auto again = store.register_meters({water}, new_year + 1s);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->numbers[0].points, added->numbers[0].points);
  EXPECT_EQ(store.catalog().value(), catalog);
}

TEST(Buffer, AppendsSealsAndConfirmsFromACoroutine) {
  const TemporaryDirectory directory;
  Buffer buffer{Store::open(settings_in(directory), clock_at(new_year), 7).value()};
  run([&]() -> asio::awaitable<void> {
    auto saving = buffer.save_catalog(three_points());
    const auto saved = co_await std::move(saving);
    EXPECT_TRUE(saved);
    auto chunk = std::make_shared<const reading::Entries>(entries(new_year, 1));
    std::vector<Memo> memos;
    memos.push_back({"heat", "1"});
    memos.push_back({"water", "1"});
    auto appending = buffer.append(chunk, clock_at(new_year), std::move(memos));
    const auto appended = co_await std::move(appending);
    EXPECT_TRUE(appended);
    std::vector<std::string> configured;
    configured.emplace_back("water");
    auto forgetting = buffer.forget_memos_except(std::move(configured));
    const auto forgotten = co_await std::move(forgetting);
    EXPECT_TRUE(forgotten);
    auto remembering = buffer.memos();
    const auto remembered = co_await std::move(remembering);
    EXPECT_EQ(remembered.value().size(), 1U);
    EXPECT_EQ(remembered->at(0).key, "water");
    SealOrder order;
    order.now = clock_at(new_year).now;
    auto sealing = buffer.seal(order);
    const auto sealed = co_await std::move(sealing);
    EXPECT_EQ(sealed.value().batches.size(), 1U);
    EXPECT_EQ(buffer.newest(), batch::Sequence{1});
    std::vector<batch::SequenceRange> ranges;
    ranges.push_back({batch::Sequence{1}, batch::Sequence{1}});
    auto confirming = buffer.confirm(buffer.stream(), std::move(ranges), new_year);
    const auto confirmed = co_await std::move(confirming);
    EXPECT_EQ(confirmed.value(), 1U);
  });
}

TEST(Buffer, Promise1_CommitsWhatWasAskedForBeforeItsEnd) {
  const TemporaryDirectory directory;
  {
    asio::io_context context;
    Buffer buffer{Store::open(settings_in(directory), clock_at(new_year), 7).value()};
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          auto chunk = std::make_shared<const reading::Entries>(entries(new_year, 1));
          auto appending = buffer.append(chunk, clock_at(new_year));
          const auto appended = co_await std::move(appending);
          EXPECT_TRUE(appended);
        },
        [](std::exception_ptr error) { EXPECT_FALSE(error); });
    context.poll_one();  // the call is on its way, its answer is not awaited
  }
  EXPECT_EQ(values_in(directory.path()).size(), 1U);
}

}  // namespace
}  // namespace bornier::buffer
