// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <span>
#include <string>

#include "reading/time.hpp"
#include "wire/result.hpp"

namespace bornier::io {

namespace asio = boost::asio;

/// A way to meters: a serial line or a TCP connection. One coroutine owns it and runs one operation
/// at a time. After any error the line is closed; `connect` opens it again.
class Line {
 public:
  virtual ~Line() = default;

  /// Opens what is not open: the serial device, or the connection. Fails with `timed_out` at
  /// `until`.
  virtual auto connect(reading::Instant until) -> asio::awaitable<wire::Result<void>> = 0;
  /// All of `bytes`, or an error. `bytes` must live until it returns.
  virtual auto write(std::span<const std::byte> bytes) -> asio::awaitable<wire::Result<void>> = 0;
  /// What has arrived, at least one byte; empty once `until` has passed. The bytes are the line's
  /// own and valid until its next operation.
  virtual auto read_some(reading::Instant until)
      -> asio::awaitable<wire::Result<std::span<const std::byte>>> = 0;
  /// Throws away what has arrived so far. For the late rest of an answer that was given up.
  /// If there is no end to it, a connection is closed; a serial line stays open, as noise ends.
  virtual void drain() = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual auto is_open() const -> bool = 0;
  /// For messages: "10.4.0.20:502", "/dev/ttyS1".
  [[nodiscard]] virtual auto name() const -> std::string = 0;
  /// What the operator should know of the open line though it works; mostly empty.
  [[nodiscard]] virtual auto remark() const -> std::string { return {}; }
};

}  // namespace bornier::io
