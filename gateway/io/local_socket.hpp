// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "wire/result.hpp"

/// The door for `bornier status`, `read` and `write`: a Unix socket in the state directory. One
/// line of JSON in, one line of JSON out, then the connection is closed.
namespace bornier::io {

struct LocalSocketLimits {
  std::size_t request_bytes = 64 * 1024;    ///< of the line, its end not counted
  std::size_t connections = 8;              ///< at a time; the next is closed at once
  std::chrono::milliseconds timeout{5000};  ///< for the request, and again to take the answer
};

/// A line without its end -> a line without its end. May take its time; the connection waits.
using LocalHandler = std::function<boost::asio::awaitable<std::string>(std::string request)>;

class LocalSocket {
 public:
  /// Binds `path` with mode 0660. A socket file that nobody serves any more is replaced; a live
  /// one, or another kind of file, is an error (`address_in_use`, `file_exists`).
  [[nodiscard]] static auto open(const boost::asio::any_io_executor& executor, std::string path,
                                 LocalSocketLimits limits = {})
      -> wire::Result<std::unique_ptr<LocalSocket>>;
  /// Removes the socket file.
  ~LocalSocket();
  LocalSocket(const LocalSocket&) = delete;
  auto operator=(const LocalSocket&) -> LocalSocket& = delete;

  /// Answers until `close`. A request that is too long, too slow or not one line gets
  /// {"error":"…"} as its answer.
  auto serve(LocalHandler handler) -> boost::asio::awaitable<void>;
  void close();

 private:
  struct State;
  explicit LocalSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Blocking, for the command line: the answer's line without its end. `connection_refused` or
/// `no_such_file_or_directory` if no daemon serves `path`.
[[nodiscard]] auto ask_local(const std::string& path, std::string_view request,
                             std::chrono::milliseconds timeout) -> wire::Result<std::string>;

}  // namespace bornier::io
