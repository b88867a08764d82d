// SPDX-License-Identifier: Apache-2.0
#include "io/serial_line.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <boost/system/errc.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "io/serial_device.hpp"
#include "io/testing.hpp"

namespace bornier::io {
namespace {

using boost::system::error_code;
using io::testing::run_until_done;
using io::testing::TemporaryFolder;
using namespace std::chrono_literals;

/// The far end of a pseudo-terminal: a kernel's serial line whose other side a test can hold. It
/// has no parity and no RS-485 direction.
class FarEnd {
 public:
  FarEnd() : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0)
      throw std::runtime_error{"no pseudo-terminal"};
    device_ = ::ptsname(master_);
  }
  ~FarEnd() { unplug(); }
  FarEnd(const FarEnd&) = delete;
  auto operator=(const FarEnd&) -> FarEnd& = delete;

  void unplug() {
    if (master_ >= 0)
      ::close(std::exchange(master_, -1));
  }
  void send(std::string_view text) const {
    EXPECT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  /// At least one byte, or nothing after ten seconds.
  auto receive() const -> std::string {
    pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
    std::string text(64, ' ');
    if (::poll(&ready, 1, 10'000) != 1)
      return {};
    const auto count = ::read(master_, text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }
  auto device() const -> const std::string& { return device_; }

 private:
  int master_;
  std::string device_;
};

class SerialLineTest : public ::testing::Test {
 protected:
  auto line_at(const std::string& device, modbus::SerialFormat format = slow) -> SerialLine {
    return SerialLine{loop.get_executor(), clock, SerialSettings{device, format, true}};
  }
  auto connect(SerialLine& line) -> error_code {
    const auto outcome = run_until_done(loop, line.connect(clock.now().instant + 10s));
    return outcome ? error_code{} : outcome.error();
  }
  auto write(SerialLine& line, std::string_view text) -> error_code {
    const auto outcome = run_until_done(loop, line.write(std::as_bytes(std::span{text})));
    return outcome ? error_code{} : outcome.error();
  }
  auto read(SerialLine& line, std::chrono::milliseconds patience) -> wire::Result<std::string> {
    const auto got = run_until_done(loop, line.read_some(clock.now().instant + patience));
    if (!got)
      return got.error();
    return std::string{reinterpret_cast<const char*>(got->data()), got->size()};
  }

  static constexpr modbus::SerialFormat slow{9'600, modbus::Parity::even, 1};
  asio::io_context loop;
  SystemClock clock;
  FarEnd far_end;
};

TEST_F(SerialLineTest, WritesAndReadsEveryByteAsItIs) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  ASSERT_FALSE(write(line, "\r\n\x11\x13\x03"));
  EXPECT_EQ(far_end.receive(), "\r\n\x11\x13\x03");
  far_end.send("\n\r\x1a");
  EXPECT_EQ(read(line, 10s).value(), "\n\r\x1a");
}

TEST_F(SerialLineTest, SaysWhatAPseudoTerminalDoesNotKeep) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  EXPECT_EQ(line.remark(),
            "the driver does not keep parity and stop bits; the driver has no RS-485 direction "
            "control, the adapter must switch by itself");
}

TEST_F(SerialLineTest, HasWrittenWhenTheLastBitHasLeft) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  const auto begun = clock.now().instant;
  ASSERT_FALSE(write(line, "12345678"));
  EXPECT_GE(clock.now().instant - begun, modbus::transmission_time(slow, 8));
}

TEST_F(SerialLineTest, KeepsTheSilenceBetweenFramesAndThrowsAwayWhatArrivesInIt) {
  const modbus::SerialFormat slowest{300, modbus::Parity::none, 1};  // 117 ms of silence
  auto line = line_at(far_end.device(), slowest);
  ASSERT_FALSE(connect(line));
  far_end.send("first");
  ASSERT_EQ(read(line, 10s).value(), "first");
  const auto heard = clock.now().instant;
  far_end.send("late");
  ASSERT_FALSE(write(line, "x"));
  EXPECT_GE(clock.now().instant - heard,
            modbus::frame_silence(slowest) + modbus::transmission_time(slowest, 1));
  EXPECT_EQ(read(line, 20ms).value(), "");
}

TEST_F(SerialLineTest, DrainsLateBytes) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  far_end.send(std::string(3'000, 's'));
  line.drain();
  EXPECT_EQ(read(line, 20ms).value(), "");
  EXPECT_TRUE(line.is_open());
}

TEST_F(SerialLineTest, ReportsAnAdapterThatIsUnpluggedAndFindsItAgainUnderItsLink) {
  const TemporaryFolder folder;
  const auto link = folder.file("by-path");
  std::filesystem::create_symlink(far_end.device(), link);
  auto line = line_at(link);
  ASSERT_FALSE(connect(line));
  far_end.unplug();
  EXPECT_FALSE(read(line, 10s));
  EXPECT_FALSE(line.is_open());
  EXPECT_EQ(write(line, "x"), asio::error::not_connected);
  std::filesystem::remove(link);
  EXPECT_EQ(connect(line), boost::system::errc::no_such_file_or_directory);

  const FarEnd other_port;
  std::filesystem::create_symlink(other_port.device(), link);
  ASSERT_FALSE(connect(line));
  ASSERT_FALSE(write(line, "x"));
  EXPECT_EQ(other_port.receive(), "x");
}

TEST_F(SerialLineTest, NoticesAnAdapterThatWasUnpluggedWhileIdle) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  far_end.unplug();
  EXPECT_TRUE(connect(line));
  EXPECT_FALSE(line.is_open());
}

TEST_F(SerialLineTest, OpensADeviceAgainThatWasSetBefore) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  line.close();
  EXPECT_FALSE(connect(line));
}

TEST_F(SerialLineTest, LeavesADeviceToTheProgramThatHasIt) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  auto second = line_at(far_end.device());
  EXPECT_EQ(connect(second), boost::system::errc::device_or_resource_busy);
}

/// TIOCEXCL lives until the last close: after it an unprivileged daemon could not come back.
TEST_F(SerialLineTest, DoesNotForbidTheDeviceToThoseWhoOpenItLater) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  const int bystander = ::open(far_end.device().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(bystander, 0);
  int exclusive = 1;
  const int asked = ::ioctl(bystander, TIOCGEXCL, &exclusive);
  ::close(bystander);
  if (asked != 0) {
    GTEST_SKIP() << "qemu-user does not pass this question on";
  }
  EXPECT_EQ(exclusive, 0);
}

// A pseudo-terminal keeps everything but the enabling of parity.
TEST_F(SerialLineTest, SetsBitRateParityAndStopBits) {
  const auto kept = [this](std::uint32_t baud, modbus::Parity parity, std::uint8_t stop_bits) {
    const auto opened = open_serial_device(
        far_end.device(), {.baud = baud, .parity = parity, .stop_bits = stop_bits}, true);
    EXPECT_TRUE(opened);
    termios settings{};
    EXPECT_EQ(::tcgetattr(opened->descriptor, &settings), 0);
    ::close(opened->descriptor);
    return settings;
  };
  const auto odd = kept(19'200, modbus::Parity::odd, 2);
  EXPECT_EQ(::cfgetospeed(&odd), speed_t{B19200});
  EXPECT_EQ(::cfgetispeed(&odd), speed_t{B19200});
  EXPECT_EQ(odd.c_cflag & (PARODD | CSTOPB | CSIZE), tcflag_t{PARODD | CSTOPB | CS8});
  const auto even = kept(1'200, modbus::Parity::even, 1);
  EXPECT_EQ(::cfgetospeed(&even), speed_t{B1200});
  EXPECT_EQ(even.c_cflag & (PARODD | CSTOPB | CSIZE), tcflag_t{CS8});
}

TEST_F(SerialLineTest, LeavesNothingOfWhatAnotherProgramHasSet) {
  const int device = ::open(far_end.device().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(device, 0);
  termios settings{};
  ASSERT_EQ(::tcgetattr(device, &settings), 0);
  settings.c_iflag |= IXOFF | IXANY | INPCK | IUCLC;
  settings.c_cflag |= CMSPAR;
  ASSERT_EQ(::tcsetattr(device, TCSANOW, &settings), 0);
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  ASSERT_EQ(::tcgetattr(device, &settings), 0);
  EXPECT_EQ(settings.c_iflag, 0U);
  EXPECT_EQ(settings.c_cflag & CMSPAR, 0U);
  ::close(device);
}

TEST_F(SerialLineTest, ThrowsAwayWhatIsOnItsWayWhenItIsClosed) {
  auto line = line_at(far_end.device());
  ASSERT_FALSE(connect(line));
  const int device = ::open(far_end.device().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(device, 0);
  far_end.send("unread");
  line.close();
  int waiting = -1;
  EXPECT_EQ(::ioctl(device, FIONREAD, &waiting), 0);
  EXPECT_EQ(waiting, 0);
  ::close(device);
}

TEST_F(SerialLineTest, WaitsForTheEndOfAWholeFrameOnASlowLine) {
  const modbus::SerialFormat slowest{1'200, modbus::Parity::none, 1};  // 256 bytes take 2.1 s
  auto line = line_at(far_end.device(), slowest);
  ASSERT_FALSE(connect(line));
  const auto begun = clock.now().instant;
  const auto sending_until = begun + 700ms;
  std::jthread sender{[&] {
    while (clock.now().instant < sending_until) {
      far_end.send("s");
      std::this_thread::sleep_for(5ms);
    }
  }};
  ASSERT_FALSE(write(line, "x"));
  EXPECT_GE(clock.now().instant, sending_until);
}

TEST(DirectionControl, KeepsThePolarityOfTheBoard) {
  constexpr std::uint32_t on = SER_RS485_ENABLED;
  constexpr std::uint32_t high = SER_RS485_RTS_ON_SEND;
  constexpr std::uint32_t low = SER_RS485_RTS_AFTER_SEND;
  EXPECT_EQ(with_direction_control(low), on | low);
  EXPECT_EQ(with_direction_control(high), on | high);
  EXPECT_EQ(with_direction_control(0), on | high) << "nothing is known: what most boards have";
  EXPECT_EQ(with_direction_control(low | SER_RS485_RX_DURING_TX), on | low);
}

TEST_F(SerialLineTest, RefusesWhatIsNoSerialLine) {
  auto line = line_at("/dev/null");
  EXPECT_EQ(connect(line), boost::system::errc::inappropriate_io_control_operation);
}

}  // namespace
}  // namespace bornier::io
