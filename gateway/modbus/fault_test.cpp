// SPDX-License-Identifier: Apache-2.0
#include "modbus/fault.hpp"

#include <gtest/gtest.h>

#include "modbus/fault_error_code.hpp"
#include "wire/result.hpp"

namespace bornier::modbus {
namespace {

TEST(ModbusFault, CarriesTheExceptionCode) {
  EXPECT_EQ(fault_of(wire::ExceptionCode::illegal_data_address), Fault::illegal_address);
  EXPECT_EQ(fault_of(wire::ExceptionCode::gateway_target_failed_to_respond),
            Fault::gateway_target_silent);
  EXPECT_EQ(exception_code(Fault::device_busy), wire::ExceptionCode::server_device_busy);
  EXPECT_EQ(exception_code(Fault::timeout), std::nullopt);
}

TEST(ModbusFault, KeepsAnExceptionCodeThatHasNoName) {
  const auto fault = fault_of(wire::ExceptionCode{0xE0});
  EXPECT_EQ(static_cast<unsigned>(fault), 0x1E0U);
  EXPECT_EQ(exception_code(fault), wire::ExceptionCode{0xE0});
  EXPECT_EQ(exception_code(fault_of(wire::ExceptionCode{0})), wire::ExceptionCode{0});
}

TEST(ModbusFault, SaysWhatToDoNext) {
  EXPECT_EQ(remedy(Fault::timeout), Remedy::ask_again);
  EXPECT_EQ(remedy(Fault::bad_crc), Remedy::ask_again);
  EXPECT_EQ(remedy(Fault::broken_stream), Remedy::reconnect);
  EXPECT_EQ(remedy(Fault::illegal_address), Remedy::forget_register);
  EXPECT_EQ(remedy(Fault::device_busy), Remedy::ask_later);
  EXPECT_EQ(remedy(fault_of(wire::ExceptionCode{0xE0})), Remedy::ask_later);
}

TEST(ModbusFault, WidensToTheErrorCodeOfTheShell) {
  const auto core = []() -> wire::Result<int, Fault> { return Fault::illegal_address; };
  const auto shell = [&core]() -> wire::Result<int> {
    const auto result = core();
    if (!result) {
      return result.error();
    }
    return *result;
  };
  const auto error = shell().error();
  EXPECT_EQ(error, Fault::illegal_address);
  EXPECT_EQ(error.message(), "illegal data address (exception 2)");
  EXPECT_STREQ(error.category().name(), "modbus");
}

TEST(ModbusFault, HasATextForEachReason) {
  EXPECT_EQ(make_error_code(Fault::timeout).message(), "no answer in time");
  EXPECT_EQ(make_error_code(fault_of(wire::ExceptionCode{0xE0})).message(),
            "unknown exception (exception 224)");
}

}  // namespace
}  // namespace bornier::modbus
