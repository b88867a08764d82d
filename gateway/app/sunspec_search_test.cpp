// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "app/meter_reader_fixture.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A model whose points lie in the SunSpec models 1 and 203.
class RelativeMeterTest : public MeterReaderTest {
 protected:
  RelativeMeterTest() {
    auto model = *meter.model;
    model.sunspec = {{1, 40'002, 66}, {203, 40'068, 107}};
    meter.model = std::make_shared<const model::Model>(std::move(model));
    requests = {
        {.table = wire::Table::holding_register, .first = 40'070, .count = 1, .points = {0}},
        {.table = wire::Table::holding_register, .first = 40'052, .count = 1, .points = {1}}};
  }

  /// The mark, both models, and what the two requests read.
  void has_both_models() const {
    for (const auto* pdu :
         {"03 04 5375 6E53", "03 04 0001 0042", "03 04 00CB 0069", "03 02 002A", "03 02 002B"}) {
      line->answers(pdu);
    }
  }
};

TEST_F(RelativeMeterTest, FindsItsModelsOnceAndAsksThere) {
  has_both_models();
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40'000, 40'002, 40'070, 40'072, 40'052));
  ASSERT_EQ(gathered.size(), 2U);
  EXPECT_THAT(gathered[0].words, ElementsAre(42));

  line->answers("03 02 002C");
  line->answers("03 02 002D");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(line->addresses().size(), 7U);
}

TEST_F(RelativeMeterTest, TellsWhatItLacksAndReadsTheRest) {
  line->answers("83 02");
  line->answers("03 04 5375 6E53");
  line->answers("03 04 0001 0042");
  line->answers("03 04 FFFF 0000");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40'000, 50'000, 50'002, 50'070, 50'052));
  ASSERT_EQ(gathered.size(), 2U);
  EXPECT_TRUE(gathered[0].lacking);
  EXPECT_FALSE(gathered[0].is_silent());
  EXPECT_FALSE(gathered[1].lacking);
}

TEST_F(RelativeMeterTest, LooksAgainAfterSomeMinutesWhereThereIsNothing) {
  for (int place = 0; place < 3; ++place) {
    line->answers("83 02");
  }
  EXPECT_EQ(read(), modbus::Outcome::failed);
  EXPECT_EQ(gathered.size(), 2U);
  EXPECT_THAT(line->addresses(), ElementsAre(40'000, 50'000, 0));
  clock.move_by(10min);
  EXPECT_EQ(read(), modbus::Outcome::failed);
  EXPECT_EQ(line->addresses().size(), 3U);
  line->answers("03 04 5375 6E53");
  line->answers("03 04 00CB 0069");
  line->answers("03 04 0001 0042");
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
}

TEST_F(RelativeMeterTest, IsSilentWhenNobodyAnswersTheSearch) {
  EXPECT_EQ(read(MeterReader::Effort::probe), modbus::Outcome::silent);
  EXPECT_EQ(line->asked().size(), 1U) << "a probe is one request";
  EXPECT_THAT(gathered, IsEmpty());
  EXPECT_EQ(read(MeterReader::Effort::probe), modbus::Outcome::silent);
  EXPECT_THAT(line->addresses(), ElementsAre(40'000, 50'000)) << "and the next one asks elsewhere";
}

TEST_F(RelativeMeterTest, TakesABusyMeterForNeitherAnswer) {
  line->answers("03 04 5375 6E53");
  line->answers("83 06");
  EXPECT_EQ(read(), modbus::Outcome::failed);
  EXPECT_THAT(gathered, IsEmpty());
  line->answers("03 04 0001 0042");
  line->answers("03 04 00CB 0069");
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40'000, 40'002, 40'002, 40'070, 40'072, 40'052));
}

TEST_F(RelativeMeterTest, LooksAgainForWhatItLacksAlthoughTheRestAnswers) {
  line->answers("03 04 5375 6E53");
  line->answers("03 04 0001 0042");
  line->answers("03 04 FFFF 0000");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  clock.move_by(10min);
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  has_both_models();
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_FALSE(gathered[0].lacking);
}

// Another device may stand there then, with its models elsewhere.
TEST_F(RelativeMeterTest, LooksAgainAfterAnOutage) {
  has_both_models();
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(read(MeterReader::Effort::once), modbus::Outcome::silent);
  const auto before = line->addresses().size();
  line->answers("83 02");
  line->answers("03 04 5375 6E53");
  line->answers("03 04 00CB 0069");
  line->answers("03 04 0001 0042");
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(line->addresses().at(before + 4), 50'004) << "model 203 begins at 50002 now";
}

TEST_F(RelativeMeterTest, DividesALongSearchAmongPolls) {
  line->answers("03 04 5375 6E53");
  for (int model = 0; model < 9; ++model) {
    line->answers("03 04 0007 0001");
  }
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered, IsEmpty());
  EXPECT_EQ(line->asked().size(), 10U);
  line->answers("03 04 0001 0042");
  line->answers("03 04 00CB 0069");
  line->answers("03 02 002A");
  line->answers("03 02 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_EQ(gathered.size(), 2U);
}

}  // namespace
}  // namespace bornier::app
