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

struct OpenedDevice {
  int descriptor;      ///< the caller's to close; non-blocking, raw, locked against other programs
  std::string remark;  ///< what the driver does not do; empty: nothing
};

/// Settings that the driver does not keep (a pseudo-terminal has no parity) are a remark, not an
/// error. `rs485` asks for direction control by the driver (TIOCSRS485).
[[nodiscard]] auto open_serial_device(const std::string& device, const modbus::SerialFormat& format,
                                      bool rs485) -> wire::Result<OpenedDevice>;

}  // namespace bornier::io
