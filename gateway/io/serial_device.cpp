// SPDX-License-Identifier: Apache-2.0
#include "io/serial_device.hpp"

#include <fcntl.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>

#include "io/descriptor.hpp"

namespace bornier::io {
namespace {

constexpr std::array<std::uint32_t, 11> bauds{300,    600,    1'200,  2'400,   4'800,  9'600,
                                              19'200, 38'400, 57'600, 115'200, 230'400};
constexpr std::array<speed_t, bauds.size()> speeds{B300,   B600,   B1200,  B2400,   B4800,  B9600,
                                                   B19200, B38400, B57600, B115200, B230400};

auto speed_of(std::uint32_t baud) -> speed_t {
  const auto found = std::find(bauds.begin(), bauds.end(), baud);
  return found == bauds.end() ? B0 : speeds.at(static_cast<std::size_t>(found - bauds.begin()));
}

constexpr tcflag_t format_flags = CSIZE | CSTOPB | PARENB | PARODD | CMSPAR;

auto flags_of(const modbus::SerialFormat& format) -> tcflag_t {
  tcflag_t flags = CS8;
  if (format.parity != modbus::Parity::none) {
    flags |= PARENB;
  }
  if (format.parity == modbus::Parity::odd) {
    flags |= PARODD;
  }
  if (format.stop_bits == 2) {
    flags |= CSTOPB;
  }
  return flags;
}

void add_remark(std::string& remarks, std::string_view remark) {
  remarks += remarks.empty() ? "" : "; ";
  remarks += remark;
}

auto set_format(int descriptor, const modbus::SerialFormat& format, std::string& remarks)
    -> boost::system::error_code {
  termios wanted{};
  if (::tcgetattr(descriptor, &wanted) != 0) {
    return last_error();
  }
  ::cfmakeraw(&wanted);
  wanted.c_iflag = 0;  // cfmakeraw leaves IXOFF, IXANY, INPCK and more as another program set them
  wanted.c_cflag &= ~(format_flags | CRTSCTS | HUPCL);
  wanted.c_cflag |= flags_of(format) | CLOCAL | CREAD;
  wanted.c_cc[VMIN] = 1;  // with 0 an idle line reads like one that was unplugged
  wanted.c_cc[VTIME] = 0;
  ::cfsetspeed(&wanted, speed_of(format.baud));
  // Fails as well (EINVAL) where the only thing left to change is one that the driver does not
  // keep, as at the second opening of a pseudo-terminal: what counts is what can be read back.
  if (::tcsetattr(descriptor, TCSANOW, &wanted) != 0 && errno != EINVAL) {
    return last_error();
  }
  termios kept{};
  if (::tcgetattr(descriptor, &kept) != 0) {
    return last_error();
  }
  if (kept.c_iflag != wanted.c_iflag || kept.c_oflag != wanted.c_oflag ||
      kept.c_lflag != wanted.c_lflag) {
    return make_error_code(boost::system::errc::invalid_argument);
  }
  if ((kept.c_cflag & format_flags) != flags_of(format)) {
    add_remark(remarks, "the driver does not keep parity and stop bits");
  }
  if (::cfgetospeed(&kept) != speed_of(format.baud)) {
    add_remark(remarks, "the driver does not keep the bit rate");
  }
  return {};
}

void set_direction_control(int descriptor, std::string& remarks) {
  serial_rs485 control{};
  if (::ioctl(descriptor, TIOCGRS485, &control) == 0) {
    control.flags = with_direction_control(control.flags);
    if (::ioctl(descriptor, TIOCSRS485, &control) == 0) {
      return;
    }
  }
  add_remark(remarks,
             "the driver has no RS-485 direction control, the adapter must switch by itself");
}

/// A driver keeps what the device tree or an earlier program has set.
void end_direction_control(int descriptor, std::string& remarks) {
  serial_rs485 control{};
  if (::ioctl(descriptor, TIOCGRS485, &control) != 0 || (control.flags & SER_RS485_ENABLED) == 0) {
    return;
  }
  control.flags &= ~static_cast<unsigned>(SER_RS485_ENABLED);
  if (::ioctl(descriptor, TIOCSRS485, &control) != 0) {
    add_remark(remarks, "the driver keeps its RS-485 direction control on");
  }
}

/// USB adapters collect received bytes for 16 ms otherwise. Most other drivers have no such thing.
void ask_for_low_latency(int descriptor) {
  serial_struct settings{};
  if (::ioctl(descriptor, TIOCGSERIAL, &settings) == 0) {
    settings.flags |= static_cast<int>(ASYNC_LOW_LATENCY);
    static_cast<void>(::ioctl(descriptor, TIOCSSERIAL, &settings));
  }
}

}  // namespace

auto with_direction_control(std::uint32_t flags) -> std::uint32_t {
  constexpr std::uint32_t polarity = SER_RS485_RTS_ON_SEND | SER_RS485_RTS_AFTER_SEND;
  flags |= SER_RS485_ENABLED;
  if ((flags & polarity) == 0) {
    flags |= SER_RS485_RTS_ON_SEND;
  }
  return flags & ~static_cast<std::uint32_t>(SER_RS485_RX_DURING_TX);
}

auto known_bauds() -> std::span<const std::uint32_t> {
  return bauds;
}

auto open_serial_device(const std::string& device, const modbus::SerialFormat& format, bool rs485)
    -> wire::Result<OpenedDevice> {
  Descriptor opened{::open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)};
  if (opened.value() < 0) {
    return last_error();
  }
  // Not TIOCEXCL: that lasts until everybody has closed the device, so that this program, unless it
  // is root, could not come back while anybody else has it open.
  if (::flock(opened.value(), LOCK_EX | LOCK_NB) != 0) {
    return make_error_code(boost::system::errc::device_or_resource_busy);
  }
  OpenedDevice result{-1, {}};
  if (const auto failure = set_format(opened.value(), format, result.remark)) {
    return failure;
  }
  if (rs485) {
    set_direction_control(opened.value(), result.remark);
  } else {
    end_direction_control(opened.value(), result.remark);
  }
  ask_for_low_latency(opened.value());
  static_cast<void>(::tcflush(opened.value(), TCIOFLUSH));
  result.descriptor = opened.release();
  return result;
}

}  // namespace bornier::io
