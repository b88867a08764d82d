// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "io/clock.hpp"
#include "io/line.hpp"

namespace bornier::io {

struct TcpSettings {
  std::string host;  ///< name or address
  std::uint16_t port = 502;
  /// A peer that takes no bytes for so long is gone.
  std::chrono::milliseconds write_timeout{2000};
};

/// A TCP connection to a Modbus server: no delay, keep-alive probes after 30 s of silence, so that
/// a half-open connection is noticed within about a minute even when nothing is written.
class TcpLine final : public Line {
 public:
  /// `clock` must outlive the line.
  TcpLine(const asio::any_io_executor& executor, const Clock& clock, TcpSettings settings);
  ~TcpLine() override;

  auto connect(reading::Instant until) -> asio::awaitable<wire::Result<void>> override;
  auto write(std::span<const std::byte> bytes) -> asio::awaitable<wire::Result<void>> override;
  auto read_some(reading::Instant until)
      -> asio::awaitable<wire::Result<std::span<const std::byte>>> override;
  void drain() override;
  void close() override;
  [[nodiscard]] auto is_open() const -> bool override;
  [[nodiscard]] auto name() const -> std::string override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bornier::io
