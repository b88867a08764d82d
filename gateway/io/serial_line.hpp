// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "io/clock.hpp"
#include "io/line.hpp"
#include "modbus/serial_format.hpp"

namespace bornier::io {

struct SerialSettings {
  std::string device;  ///< "/dev/ttyS1", or a link to it in /dev/serial/by-path or by-id
  modbus::SerialFormat format;
  bool rs485 = true;  ///< let the driver switch the direction, where it can
};

/// A serial line, RS-485 or RS-232. The device is looked up anew at each `connect`, so that an
/// adapter that was unplugged is found again when it is back, under whatever number.
///
/// `write` first waits for the silence between two frames, throwing away what arrives meanwhile,
/// and returns when the last bit has left: a UART tells nobody when that is, so it is reckoned from
/// the format. A line that is never silent is written to nevertheless, after a while.
class SerialLine final : public Line {
 public:
  /// `clock` must outlive the line.
  SerialLine(const asio::any_io_executor& executor, const Clock& clock, SerialSettings settings);
  ~SerialLine() override;

  /// Fails with `device_or_resource_busy` while another program has the device.
  auto connect(reading::Instant until) -> asio::awaitable<wire::Result<void>> override;
  auto write(std::span<const std::byte> bytes) -> asio::awaitable<wire::Result<void>> override;
  auto read_some(reading::Instant until)
      -> asio::awaitable<wire::Result<std::span<const std::byte>>> override;
  void drain() override;
  void close() override;
  [[nodiscard]] auto is_open() const -> bool override;
  [[nodiscard]] auto name() const -> std::string override;
  /// What the driver does not do of what the settings ask for.
  [[nodiscard]] auto remark() const -> std::string override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bornier::io
