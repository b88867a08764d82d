// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <span>
#include <vector>

#include "platform/database.hpp"

namespace bornier::platform {

/// The database on a thread of its own: a sync may take seconds, and messages keep coming.
class DatabaseThread {
 public:
  explicit DatabaseThread(std::unique_ptr<Database> database);
  /// Waits for the transaction that is running.
  ~DatabaseThread();
  DatabaseThread(const DatabaseThread&) = delete;
  auto operator=(const DatabaseThread&) -> DatabaseThread& = delete;

  /// Database::store. `arrivals` must stay until it is done. One at a time.
  [[nodiscard]] auto store(std::span<const Arrival> arrivals)
      -> boost::asio::awaitable<wire::Result<std::vector<Verdict>, Failure>>;
  /// Database::known_stream.
  [[nodiscard]] auto known_stream(StreamName name, batch::Sequence from)
      -> boost::asio::awaitable<wire::Result<KnownStream, Failure>>;

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace bornier::platform
