// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/meter_plan.hpp"
#include "app/meter_reader_fixture.hpp"

namespace bornier::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

/// Parameters 17 and 3 are listed from 40 on; their values stand from 80 on.
class ScanListReadTest : public MeterReaderTest {
 protected:
  ScanListReadTest() {
    std::string text{model::head};
    text.insert(text.find("[defaults]"),
                "scan_list = { address = 40, values = { table = \"holding\", address = 80 } }\n");
    meter.model =
        std::make_shared<const model::Model>(model::loaded(
            text + "[points]\n"
                   "a = { quantity = \"power_factor\", parameter = 17, type = \"uint16\" }\n"
                   "b = { quantity = \"power_factor\", parameter = 3, type = \"uint16\" }\n"
                   "c = { quantity = \"power_factor\", address = 7, type = \"uint16\" }\n"));
    meter.settings = model::Settings{*meter.model};
    plan({0, 1});
  }
  void write_lists() {
    meter.writes_scan_list = true;
    reader.let_write_scan_lists();
  }
  void plan(const std::vector<std::size_t>& points) {
    requests = *plan_requests(*meter.model, points);
  }
};

TEST_F(ScanListReadTest, TakesTheValuesBetweenTwoLooksAtTheList) {
  line->answers("03 04 0011 0003");
  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0003");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40, 80, 40));
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_THAT(gathered[0].words, ElementsAre(42, 43));
  EXPECT_FALSE(reader.take_written_list());

  line->answers("03 04 002A 002C");
  line->answers("03 04 0011 0003");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40, 80, 40, 80, 40)) << "it was right the last time";
  EXPECT_THAT(gathered, SizeIs(1));
}

TEST_F(ScanListReadTest, DoesNotEvenAskForValuesOfOtherParameters) {
  line->answers("03 04 0011 0004");
  EXPECT_EQ(read(), modbus::Outcome::answered) << "the meter is there";
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_TRUE(gathered[0].lacking);
  EXPECT_THAT(line->requests(), SizeIs(1));
}

TEST_F(ScanListReadTest, ThrowsValuesAwayWhoseListChangedMeanwhile) {
  line->answers("03 04 0011 0003");
  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0004");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_TRUE(gathered[0].lacking);
  EXPECT_THAT(gathered[0].words, IsEmpty());
}

TEST_F(ScanListReadTest, WritesTheListAndTakesTheValuesFromTheNextPollOn) {
  write_lists();
  line->answers("03 04 0000 0000");
  line->answers("10 0028 0002");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered, IsEmpty());
  EXPECT_EQ(line->requests().back(), wire::bytes("10 0028 0002 04 0011 0003"));
  const auto written = reader.take_written_list();
  ASSERT_TRUE(written);
  EXPECT_EQ(written->meter, &meter);
  EXPECT_TRUE(written->taken);
  EXPECT_FALSE(reader.take_written_list()) << "told once";

  line->answers("03 04 0011 0003");
  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0003");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered, SizeIs(1));
}

TEST_F(ScanListReadTest, WritesAListThatDoesNotHoldAfterGrowingPauses) {
  write_lists();
  std::vector<int> minutes_of_writes;
  for (int minute = 0; minute < 300; ++minute) {
    const auto before = line->requests().size();
    line->answers("03 04 0000 0000");
    line->answers("10 0028 0002");
    EXPECT_EQ(read(), modbus::Outcome::answered);
    if (line->requests().size() - before == 2) {
      minutes_of_writes.push_back(minute);
    } else {
      EXPECT_TRUE(gathered.at(0).lacking) << "meanwhile the points have a reason";
      line->forget_answers();
    }
    clock.move_by(1min);
  }
  EXPECT_THAT(minutes_of_writes, ElementsAre(0, 1, 3, 7, 15, 31, 63, 123, 183, 243));
}

TEST_F(ScanListReadTest, TellsThatTheMeterRefusedTheList) {
  write_lists();
  line->answers("03 04 0000 0000");
  line->answers("90 02");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  const auto written = reader.take_written_list();
  ASSERT_TRUE(written);
  EXPECT_FALSE(written->taken);
  EXPECT_EQ(written->exception_code, 2);
}

TEST_F(ScanListReadTest, WritesNothingUnlessConfigurationAndReaderMay) {
  meter.writes_scan_list = true;
  line->answers("03 04 0000 0000");
  EXPECT_EQ(read(), modbus::Outcome::answered) << "a tool only reads";
  EXPECT_THAT(line->requests(), SizeIs(1));
  meter.writes_scan_list = false;
  reader.let_write_scan_lists();
  line->answers("03 04 0000 0000");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->requests(), SizeIs(2));
}

TEST_F(ScanListReadTest, TakesNoValueWhoseListCannotBeRead) {
  line->answers("83 02");
  EXPECT_EQ(read(), modbus::Outcome::failed);
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_TRUE(gathered[0].lacking);
  EXPECT_FALSE(gathered[0].is_refused()) << "nothing is learned of the values' registers";
  EXPECT_EQ(read(), modbus::Outcome::silent);
  EXPECT_THAT(gathered, IsEmpty());
}

TEST_F(ScanListReadTest, GivesWhatStandsElsewhereWhateverTheListIs) {
  plan({0, 2});
  line->answers("03 04 0011 0004");
  line->answers("03 02 0007");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(2));
  EXPECT_THAT(gathered[0].words, ElementsAre(7));
  EXPECT_TRUE(gathered[1].lacking);
  plan({2});
  line->answers("03 02 0008");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(40, 7, 7)) << "the list is nobody's concern then";
}

}  // namespace
}  // namespace bornier::app
