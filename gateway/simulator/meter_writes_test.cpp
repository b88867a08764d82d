// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "model/test_models.hpp"
#include "simulator/meter.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;
using wire::ExceptionCode;

constexpr std::string_view settings = R"(
[write]
function = 16
unlock = { address = 24, type = "float32", password = 1000 }
[points]
node = { quantity = "device_setting", address = 20, type = "uint16", min = 1, max = 247, writable = true, sets = "unit_id" }
speed = { quantity = "device_setting", address = 28, type = "float32", labels = { 0 = "2400", 2 = "9600" }, writable = true }
system = { quantity = "device_setting", address = 8, type = "float32", writable = true, locked = true }
reset = { quantity = "device_setting", address = 40, type = "uint16", write_only = true }
plain = { quantity = "device_setting", address = 50, type = "uint16" }
buzzer = { quantity = "device_setting", table = "coil", address = 0, type = "bool", writable = true }
)";

class MeterWritesTest : public ::testing::Test {
 protected:
  explicit MeterWritesTest(const std::string& text = std::string{model::head} +
                                                     std::string{settings}) {
    description.name = "main";
    description.unit = wire::UnitId{1};
    description.model = std::make_shared<const model::Model>(model::loaded(text));
    description.fixed = {{"node", "1"}, {"speed", "2"}};
  }

  auto ask(const wire::Request& request, reading::Instant at = reading::Instant{1h}) -> Served {
    if (!meter) {
      auto created = Meter::create(description);
      EXPECT_TRUE(created) << (created ? "" : created.error());
      meter.emplace(*std::move(created));
    }
    return meter->serve(wire::encode_request(request)->bytes(), 0ms, at);
  }
  auto write(std::uint16_t address, const std::vector<std::uint16_t>& words,
             reading::Instant at = reading::Instant{1h}) -> Served {
    std::array<std::byte, wire::max_pdu_size> room{};
    return ask(wire::WriteRegisters{wire::RegisterAddress{address}, wire::pack(words, room)}, at);
  }
  auto word(std::uint16_t address, wire::Table table = wire::Table::holding_register) -> int {
    const auto served = ask(wire::Read{table, wire::RegisterAddress{address}, 1});
    return served.answer ? std::to_integer<int>(served.answer->bytes().back()) : -1;
  }

  MeterDescription description;
  std::optional<Meter> meter;
};

TEST_F(MeterWritesTest, KeepsWhatIsWritten) {
  const auto served = write(28, {0, 0});
  EXPECT_FALSE(served.exception);
  EXPECT_TRUE(served.answer);
  EXPECT_EQ(served.written, (std::vector<std::uint16_t>{0, 0}));
  EXPECT_EQ(word(28), 0);
  EXPECT_FALSE(ask(wire::WriteSingleCoil{wire::RegisterAddress{0}, true}).exception);
  EXPECT_EQ(word(0, wire::Table::coil), 1);
}

TEST_F(MeterWritesTest, AcknowledgesAndKeepsWhatItHadWhereItIgnoresWrites) {
  description.ignores_writes = true;
  EXPECT_FALSE(write(20, {5}).exception);
  EXPECT_EQ(word(20), 1);
  EXPECT_EQ(meter->description().unit, wire::UnitId{1});
}

TEST_F(MeterWritesTest, RefusesWhatTheModelDoesNotLetBeWritten) {
  EXPECT_EQ(ask(wire::WriteSingleRegister{wire::RegisterAddress{20}, 5}).exception,
            ExceptionCode::illegal_function);
  EXPECT_EQ(write(50, {5}).exception, ExceptionCode::illegal_data_address);
  EXPECT_EQ(write(28, {0}).exception, ExceptionCode::illegal_data_address) << "half a value";
  EXPECT_EQ(write(20, {248}).exception, ExceptionCode::illegal_data_value);
  EXPECT_EQ(write(28, {0x3F80, 0}).exception, ExceptionCode::illegal_data_value) << "no label";
  EXPECT_FALSE(write(40, {1}).exception);
  EXPECT_EQ(ask(wire::Read{wire::Table::holding_register, wire::RegisterAddress{40}, 1}).exception,
            ExceptionCode::illegal_data_address);
}

TEST_F(MeterWritesTest, IsOpenForAMinuteAfterThePassword) {
  const reading::Instant then{1h};
  EXPECT_EQ(write(8, {0x4040, 0}, then).exception, ExceptionCode::server_device_failure);
  EXPECT_EQ(write(24, {0, 0}, then).exception, ExceptionCode::illegal_data_value);
  EXPECT_FALSE(write(24, {0x447A, 0}, then).exception);  // 1000.0
  EXPECT_FALSE(write(8, {0x4040, 0}, then + 60s).exception);
  EXPECT_EQ(write(8, {0x4040, 0}, then + 61s).exception, ExceptionCode::server_device_failure);
}

TEST_F(MeterWritesTest, HasTheUnitIdThatIsWritten) {
  EXPECT_FALSE(write(20, {5}).exception);
  EXPECT_EQ(meter->description().unit, wire::UnitId{5});
}

class RestartedMeterTest : public MeterWritesTest {
 protected:
  RestartedMeterTest()
      : MeterWritesTest{std::string{model::head} +
                        "[points]\nnode = { quantity = \"device_setting\", address = 20, type = "
                        "\"uint16\", writable = true, sets = \"unit_id\", after_restart = true }\n"
                        "speed = { quantity = \"device_setting\", address = 21, type = "
                        "\"uint16\" }\n"} {}
};

TEST_F(RestartedMeterTest, HasTheUnitIdOnceItIsRestarted) {
  EXPECT_FALSE(ask(wire::WriteSingleRegister{wire::RegisterAddress{20}, 5}).exception);
  EXPECT_EQ(meter->description().unit, wire::UnitId{1});
  EXPECT_EQ(word(20), 5);
  meter->restart();
  EXPECT_EQ(meter->description().unit, wire::UnitId{5});
}

class MeterSettingsTest : public MeterWritesTest {
 protected:
  MeterSettingsTest()
      : MeterWritesTest{std::string{model::head} + R"toml([setting.prefix]
register = "prefix"
options = [{ name = "k", value = 0, weight = 1 }, { name = "M", value = 1, weight = 1000 }]
[points]
prefix = { quantity = "device_setting", address = 9, type = "uint16", writable = true }
energy = { quantity = "energy_active_import", address = 40, type = "uint16", unit = "kW.h", scale = "setting(prefix)" }
)toml"} {
    description.fixed = {{"energy", "3000"}};
  }
};

TEST_F(MeterSettingsTest, StandInTheRegisterThatTellsThem) {
  description.settings = {{"prefix", "M"}};
  EXPECT_EQ(word(9), 1);
  EXPECT_EQ(word(40), 3);
}

TEST_F(MeterSettingsTest, ChangeWhatTheOtherRegistersHoldOnceTheyAreWritten) {
  EXPECT_EQ(word(9), 0);
  EXPECT_EQ(word(40), 3000 % 256) << "the low byte";
  EXPECT_FALSE(write(9, {1}).exception);
  EXPECT_EQ(word(40), 3);
}

}  // namespace
}  // namespace bornier::simulator
