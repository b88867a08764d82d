// SPDX-License-Identifier: Apache-2.0
#include "simulator/meter.hpp"

#include <gtest/gtest.h>

#include "simulator/testing.hpp"

namespace bornier::simulator {
namespace {

using namespace std::chrono_literals;
using wire::ExceptionCode;

class MeterTest : public ::testing::Test {
 protected:
  MeterTest() {
    description.name = "main";
    description.row_every = 100ms;
  }

  auto meter() -> Meter {
    description.model = std::make_shared<const model::Model>(model);
    auto created = Meter::create(description);
    EXPECT_TRUE(created) << (created ? "" : created.error());
    return *std::move(created);
  }

  void record(std::string_view csv) {
    const std::vector<Mapping> mappings{{"p", {1000, 0}, "power_active"}};
    description.recording =
        std::make_shared<const Recording>(*Recording::from_csv(csv, mappings, model));
  }

  static auto read(Meter& meter, std::uint16_t first, std::uint16_t count,
                   std::chrono::milliseconds since_start = 0ms,
                   wire::Table table = wire::Table::holding_register) -> Served {
    const auto request =
        wire::encode_request(wire::Read{table, wire::RegisterAddress{first}, count});
    return meter.serve(request->bytes(), since_start, reading::Instant{100s + since_start});
  }

  static auto bytes(const Served& served) -> std::vector<int> {
    std::vector<int> numbers;
    if (served.answer) {
      for (const auto byte : served.answer->bytes()) {
        numbers.push_back(std::to_integer<int>(byte));
      }
    }
    return numbers;
  }

  model::Model model = small_model();
  MeterDescription description;
};

using Bytes = std::vector<int>;

TEST_F(MeterTest, AnswersWithTheRowOfTheTime) {
  record("p\n1.5\n-2.5\n");
  auto main = meter();
  // 1500 = 0000'05DCh; -2500 = FFFF'F63Ch.
  EXPECT_EQ(bytes(read(main, 0, 2, 99ms)), (Bytes{3, 4, 0, 0, 0x05, 0xDC}));
  const auto second = read(main, 0, 2, 100ms);
  EXPECT_EQ(bytes(second), (Bytes{3, 4, 0xFF, 0xFF, 0xF6, 0x3C}));
  EXPECT_EQ(second.row, 1U);
  EXPECT_EQ(second.function, 3U);
  EXPECT_EQ(second.count, 2U);
}

TEST_F(MeterTest, HoldsTheLastRowOrBeginsAgain) {
  record("p\n1\n2\n3\n");
  auto holds = meter();
  EXPECT_EQ(read(holds, 0, 2, 299ms).row, 2U);
  EXPECT_EQ(read(holds, 0, 2, 300ms).row, 2U);
  description.wrap = true;
  auto wraps = meter();
  EXPECT_EQ(read(wraps, 0, 2, 300ms).row, 0U);
}

TEST_F(MeterTest, ServesAnAbsentValueAsTheModelsSentinel) {
  record("p\n?\n");
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 0, 2)), (Bytes{3, 4, 0x80, 0, 0, 0}));
}

TEST_F(MeterTest, RefusesARecordingThatItsRegistersCannotHold) {
  record("p\n1\n3000000\n");
  description.model = std::make_shared<const model::Model>(model);
  const auto created = Meter::create(description);
  ASSERT_FALSE(created);
  EXPECT_TRUE(created.error().starts_with("meter main: row 1: power_active: ")) << created.error();
}

TEST_F(MeterTest, ShowsFixedValues) {
  description.fixed = {{"serial_number", "AB12"}};
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 7, 2)), (Bytes{3, 4, 'A', 'B', '1', '2'}));
  description.fixed = {{"colour", "red"}};
  EXPECT_EQ(Meter::create(description).error(),
            "meter main: colour = red: model small-meter has no such point");
}

TEST_F(MeterTest, TellsTheFirstCodeThatGoesWithItsSettings) {
  auto header = a_point("header", "device_setting", 9, model::RegisterType::uint16, 1);
  header.conversions = {model::Conversion{{1, 1, 0}, 0, false}};
  model.points.push_back(header);
  model.codes = {
      model::Code{.name = "unit", .point = 4, .first_bit = 4, .last_bit = 5, .values = {1, 3}}};
  model.points[1].code = 0;
  model.points[1].conversions = {model::Conversion{{1, 1, -3}, -3, true},
                                 model::Conversion{{1, 1, -3}, -3, false}};
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 9, 1)), (Bytes{3, 2, 0, 0x30}));
}

TEST_F(MeterTest, GeneratesWhatIsNeitherRecordedNorFixed) {
  record("p\n1\n");
  description.generate = true;
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 0, 2)), (Bytes{3, 4, 0, 0, 0x03, 0xE8}));
  const auto voltage = bytes(read(main, 6, 1));
  ASSERT_EQ(voltage.size(), 4U);
  EXPECT_NEAR(voltage[2] * 256 + voltage[3], 2310, 60);
}

TEST_F(MeterTest, RefusesWhatARealOneRefuses) {
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 3, 2)), (Bytes{0x83, 2}));  // 4 is a hole
  EXPECT_EQ(read(main, 3, 2).exception, ExceptionCode::illegal_data_address);
  EXPECT_FALSE(read(main, 6, 3).exception);
  EXPECT_EQ(read(main, 8, 2).exception, ExceptionCode::illegal_data_address);
  EXPECT_EQ(read(main, 0, 21).exception, ExceptionCode::illegal_data_value);
  EXPECT_EQ(bytes(read(main, 0, 1, 0ms, wire::Table::input_register)), (Bytes{0x84, 1}));
  const auto write = wire::encode_request(wire::WriteSingleRegister{wire::RegisterAddress{0}, 1});
  EXPECT_EQ(bytes(main.serve(write->bytes(), 0ms, {})), (Bytes{0x86, 1}));
}

TEST_F(MeterTest, ReadsHolesAsZeroWhereTheModelSaysSo) {
  model.limits.holes_readable = true;
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 4, 2)), (Bytes{3, 4, 0, 0, 0, 0}));
  model.limits.ranges = {{wire::Table::holding_register, 0, 4}};
  auto bounded = meter();
  EXPECT_FALSE(read(bounded, 0, 5).exception);
  EXPECT_EQ(read(bounded, 0, 6).exception, ExceptionCode::illegal_data_address);
}

/// A sign at 7 that holds the number 341 or more.
auto sign_of(std::uint16_t address) -> model::Sign {
  return {.table = wire::Table::holding_register,
          .address = address,
          .encoding = {.type = model::RegisterType::uint16},
          .values = {"341", "345"}};
}

TEST_F(MeterTest, ShowsTheSignsOfItsModelWhereTheyAreReadAlone) {
  model.detect.signs = {sign_of(7), sign_of(900)};
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 7, 1)), (Bytes{3, 2, 1, 0x55}));
  EXPECT_EQ(bytes(read(main, 900, 1)), (Bytes{3, 2, 1, 0x55})) << "outside its points";
  EXPECT_EQ(read(main, 900, 2).exception, ExceptionCode::illegal_data_address);
  EXPECT_EQ(bytes(read(main, 6, 2)), (Bytes{3, 4, 0, 0, 0, 0})) << "a block has other values";
}

TEST_F(MeterTest, ShowsWhatTheDescriptionFixesInTheirPlace) {
  model.detect.signs = {sign_of(model.points[2].address)};
  ASSERT_EQ(model.points[2].encoding.registers, 1);
  description.fixed = {{model.points[2].name, "23"}};
  auto main = meter();
  EXPECT_NE(bytes(read(main, model.points[2].address, 1)), (Bytes{3, 2, 1, 0x55}));
}

TEST_F(MeterTest, ListsItsSunSpecModels) {
  model.sunspec = {{1, 40'002, 4}, {203, 40'006, 5}};
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 40'000, 2)), (Bytes{3, 4, 0x53, 0x75, 0x6E, 0x53}));
  EXPECT_EQ(bytes(read(main, 40'002, 2)), (Bytes{3, 4, 0, 1, 0, 2}));
  EXPECT_EQ(bytes(read(main, 40'006, 2)), (Bytes{3, 4, 0, 203, 0, 3}));
  EXPECT_EQ(bytes(read(main, 40'011, 2)), (Bytes{3, 4, 0xFF, 0xFF, 0, 0}));
  EXPECT_EQ(read(main, 40'012, 2).exception, ExceptionCode::illegal_data_address);
  EXPECT_EQ(read(main, 39'999, 2).exception, ExceptionCode::illegal_data_address);
}

TEST_F(MeterTest, ShowsWhatItsScanListAsksFor) {
  model.scan_list = model::ScanList{
      .address = 4'096, .parameters = {17, 3}, .values = {wire::Table::holding_register, 0, 1}};
  auto main = meter();
  EXPECT_EQ(bytes(read(main, 4'096, 2)), (Bytes{3, 4, 0, 17, 0, 3}));
  EXPECT_EQ(read(main, 4'098, 1).exception, ExceptionCode::illegal_data_address);
}

TEST_F(MeterTest, InsistsOnEvenRequestsWhereTheModelSaysSo) {
  model.limits.even = true;
  auto main = meter();
  EXPECT_FALSE(read(main, 0, 2).exception);
  EXPECT_EQ(read(main, 0, 1).exception, ExceptionCode::illegal_data_value);
  EXPECT_EQ(read(main, 1, 2).exception, ExceptionCode::illegal_data_value);
}

TEST_F(MeterTest, StaysSilentInsteadOfAnExceptionWhereTheModelSaysSo) {
  model.timing.answers_exceptions = false;
  auto main = meter();
  const auto served = read(main, 3, 2);
  EXPECT_FALSE(served.answer);
  EXPECT_FALSE(served.exception);
  EXPECT_TRUE(read(main, 0, 2).answer);
}

TEST_F(MeterTest, LosesTheFirstRequestAfterItFellAsleep) {
  model.timing.sleeps_after = 10s;
  auto main = meter();
  EXPECT_FALSE(read(main, 0, 2, 0s).answer);
  EXPECT_TRUE(read(main, 0, 2, 1s).answer);
  EXPECT_TRUE(read(main, 0, 2, 11s).answer);
  EXPECT_FALSE(read(main, 0, 2, 21'001ms).answer);
  EXPECT_TRUE(read(main, 0, 2, 22s).answer);
}

TEST_F(MeterTest, NeverAnswersWhenDead) {
  description.dead = true;
  auto main = meter();
  EXPECT_FALSE(read(main, 0, 2).answer);
  main.set_dead(false);
  EXPECT_TRUE(read(main, 0, 2).answer);
}

TEST_F(MeterTest, IdentifiesItself) {
  auto main = meter();
  const auto request = wire::encode_request(wire::ReadDeviceIdentification{});
  const auto served = main.serve(request->bytes(), 0ms, {});
  // 2B 0E, basic, conformity 81h, no more, next 0, three objects; then "Small", "small-meter", "3".
  EXPECT_EQ(bytes(served),
            (Bytes{0x2B, 0x0E, 1,   0x81, 0,   0,   3,   0,   5,   'S', 'm', 'a', 'l', 'l', 1,
                   11,   's',  'm', 'a',  'l', 'l', '-', 'm', 'e', 't', 'e', 'r', 2,   1,   '3'}));
}

}  // namespace
}  // namespace bornier::simulator
