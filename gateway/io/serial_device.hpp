// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "modbus/serial_format.hpp"
#include "wire/result.hpp"

/// The kernel's side of a serial line: open, set, say what was not taken.
namespace bornier::io {

/// The bit rates that termios knows and meters use, ascending.
[[nodiscard]] auto known_bauds() -> std::span<const std::uint32_t>;

/// serial_rs485::flags with direction control. The level of RTS while sending is the board's: what
/// the driver says of it stays.
[[nodiscard]] auto with_direction_control(std::uint32_t flags) -> std::uint32_t;

struct OpenedDevice {
  int descriptor;      ///< the caller's to close; non-blocking, raw, locked against other programs
  std::string remark;  ///< what the driver does not do; empty: nothing
};

/// Settings that the driver does not keep (a pseudo-terminal has no parity) are a remark, not an
/// error. `rs485` asks for direction control by the driver (TIOCSRS485), or for none.
[[nodiscard]] auto open_serial_device(const std::string& device, const modbus::SerialFormat& format,
                                      bool rs485) -> wire::Result<OpenedDevice>;

}  // namespace bornier::io
