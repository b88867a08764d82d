// SPDX-License-Identifier: Apache-2.0
#include "platform/database_thread.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace bornier::platform {

namespace asio = boost::asio;

struct DatabaseThread::Thread {
  explicit Thread(std::unique_ptr<Database> used) : database{std::move(used)} {}

  auto store(std::span<const Arrival> arrivals)
      -> asio::awaitable<wire::Result<std::vector<Verdict>, Failure>> {
    co_return database->store(arrivals);
  }

  auto known_stream(StreamName name, batch::Sequence from)
      -> asio::awaitable<wire::Result<KnownStream, Failure>> {
    co_return database->known_stream(name, from);
  }

  std::unique_ptr<Database> database;
  asio::thread_pool pool{1};
};

DatabaseThread::DatabaseThread(std::unique_ptr<Database> database)
    : thread_{std::make_unique<Thread>(std::move(database))} {}

DatabaseThread::~DatabaseThread() {
  thread_->pool.join();
}

auto DatabaseThread::store(std::span<const Arrival> arrivals)
    -> asio::awaitable<wire::Result<std::vector<Verdict>, Failure>> {
  auto storing =
      asio::co_spawn(thread_->pool.get_executor(), thread_->store(arrivals), asio::use_awaitable);
  auto outcome = co_await std::move(storing);
  co_return outcome;
}

auto DatabaseThread::known_stream(StreamName name, batch::Sequence from)
    -> asio::awaitable<wire::Result<KnownStream, Failure>> {
  auto reading = asio::co_spawn(thread_->pool.get_executor(),
                                thread_->known_stream(std::move(name), from), asio::use_awaitable);
  auto outcome = co_await std::move(reading);
  co_return outcome;
}

}  // namespace bornier::platform
