// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "platform/database.hpp"

namespace bornier::platform {

/// Answers GET /metrics over HTTP with what `page` returns, and nothing else: eight connections at
/// once, 8 KiB of header, no body, ten seconds, one request each.
class MetricsServer {
 public:
  /// HOST:PORT with a numeric host.
  [[nodiscard]] static auto is_address(const std::string& text) -> bool;
  /// Fails if the address cannot be listened on.
  [[nodiscard]] static auto listen(const boost::asio::any_io_executor& executor,
                                   const std::string& address, std::function<std::string()> page)
      -> wire::Result<std::unique_ptr<MetricsServer>, Failure>;
  ~MetricsServer();

  /// Until stop().
  [[nodiscard]] auto run() -> boost::asio::awaitable<void>;
  void stop();
  [[nodiscard]] auto port() const -> std::uint16_t;

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bornier::platform
