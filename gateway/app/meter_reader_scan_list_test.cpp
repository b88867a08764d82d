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
  void plan(const std::vector<std::size_t>& points) {
    requests = *plan_requests(*meter.model, points);
  }
};

TEST_F(ScanListReadTest, TakesTheValuesOnceTheListIsSeenToBeTheModels) {
  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0003");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(line->addresses(), ElementsAre(80, 40)) << "the list after the values";
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_THAT(gathered[0].words, ElementsAre(42, 43));
  EXPECT_FALSE(reader.take_written_list());
}

TEST_F(ScanListReadTest, WritesNothingUnlessTheConfigurationSaysSo) {
  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0004");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_TRUE(gathered[0].lacking);
  EXPECT_THAT(gathered[0].words, IsEmpty()) << "values of other parameters are nobody's";
  EXPECT_THAT(line->requests(), SizeIs(2));
}

TEST_F(ScanListReadTest, WritesTheListAndTakesTheValuesFromTheNextPollOn) {
  meter.writes_scan_list = true;
  line->answers("03 04 002A 002B");
  line->answers("03 04 0000 0000");
  line->answers("10 0028 0002");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered, IsEmpty());
  EXPECT_EQ(line->requests().back(), wire::bytes("10 0028 0002 04 0011 0003"));
  const auto written = reader.take_written_list();
  ASSERT_TRUE(written);
  EXPECT_TRUE(written->taken);
  EXPECT_FALSE(reader.take_written_list()) << "told once";

  line->answers("03 04 002A 002B");
  line->answers("03 04 0011 0003");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  EXPECT_THAT(gathered, SizeIs(1));
}

TEST_F(ScanListReadTest, TellsThatTheMeterRefusedTheList) {
  meter.writes_scan_list = true;
  line->answers("03 04 002A 002B");
  line->answers("03 04 0000 0000");
  line->answers("90 02");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  const auto written = reader.take_written_list();
  ASSERT_TRUE(written);
  EXPECT_FALSE(written->taken);
  EXPECT_EQ(written->exception_code, 2);
}

TEST_F(ScanListReadTest, TakesNoValueWhoseListCannotBeRead) {
  line->answers("03 04 002A 002B");
  line->answers("83 02");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_EQ(gathered[0].exception_code, 2);
  line->answers("03 04 002A 002B");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(1));
  EXPECT_TRUE(gathered[0].is_silent());
}

TEST_F(ScanListReadTest, GivesWhatStandsElsewhereWhateverTheListIs) {
  plan({0, 2});
  line->answers("03 02 0007");
  line->answers("03 02 002A");
  line->answers("03 04 0011 0004");
  EXPECT_EQ(read(), modbus::Outcome::answered);
  ASSERT_THAT(gathered, SizeIs(2));
  EXPECT_THAT(gathered[0].words, ElementsAre(7));
  EXPECT_TRUE(gathered[1].lacking);
}

}  // namespace
}  // namespace bornier::app
