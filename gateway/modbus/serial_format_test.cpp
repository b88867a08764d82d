// SPDX-License-Identifier: Apache-2.0
#include "modbus/serial_format.hpp"

#include <gtest/gtest.h>

namespace bornier::modbus {
namespace {

using namespace std::chrono_literals;

TEST(SerialFormat, CountsStartDataParityAndStopBits) {
  // 11 bits at 9,600 baud are 1,145.83 µs, 10 bits 1,041.67 µs; rounded up.
  EXPECT_EQ(transmission_time({9'600, Parity::even, 1}, 1), 1'146us);
  EXPECT_EQ(transmission_time({9'600, Parity::none, 2}, 1), 1'146us);
  EXPECT_EQ(transmission_time({9'600, Parity::none, 1}, 1), 1'042us);
  EXPECT_EQ(transmission_time({9'600, Parity::odd, 1}, 8), 9'167us);
  EXPECT_EQ(transmission_time({9'600, Parity::odd, 1}, 0), 0us);
}

TEST(SerialFormat, KeepsThreeAndAHalfCharactersOfSilenceUpTo19200Baud) {
  EXPECT_EQ(frame_silence({9'600, Parity::even, 1}), 4'011us);
  EXPECT_EQ(frame_silence({19'200, Parity::even, 1}), 2'006us);
}

TEST(SerialFormat, KeepsAFixedSilenceAbove19200Baud) {
  EXPECT_EQ(frame_silence({38'400, Parity::even, 1}), 1'750us);
  EXPECT_EQ(frame_silence({115'200, Parity::none, 1}), 1'750us);
}

}  // namespace
}  // namespace bornier::modbus
