// SPDX-License-Identifier: Apache-2.0
#include "app/reload_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "app/testing.hpp"

namespace bornier::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

auto bus_at(const std::string& name, const std::string& host) -> BusSettings {
  BusSettings bus;
  bus.name = name;
  bus.host = host;
  return bus;
}

/// Models are read again with each configuration: never the same object.
auto meter_on(std::size_t bus, const std::string& id, int unit_id) -> MeterSettings {
  auto meter = two_point_meter({});
  meter.id = id;
  meter.bus = bus;
  meter.unit_id = wire::UnitId{static_cast<std::uint8_t>(unit_id)};
  return meter;
}

auto with_model(MeterSettings meter, void (*edit)(model::Model&)) -> MeterSettings {
  auto model = *meter.model;
  edit(model);
  meter.model = std::make_shared<const model::Model>(std::move(model));
  return meter;
}

/// Two buses: "cellar" with the meters "main" and "heat", "roof" with "solar".
auto two_buses() -> Configuration {
  Configuration configuration;
  configuration.platform = PlatformSettings{};
  configuration.buses = {bus_at("cellar", "10.4.0.20"), bus_at("roof", "10.4.0.21")};
  configuration.meters = {meter_on(0, "main", 1), meter_on(0, "heat", 2), meter_on(1, "solar", 1)};
  return configuration;
}

class ReloadPlanTest : public testing::Test {
 protected:
  auto plan() const -> ReloadPlan { return plan_reload(running, wanted); }
  /// What of meter "heat" outlives the change that `edit` makes to it.
  auto kept_of_heat(const std::function<void(MeterSettings&)>& edit) -> Kept {
    wanted = two_buses();
    edit(wanted.meters[1]);
    const auto plan = plan_reload(running, wanted);
    EXPECT_EQ(plan.buses[0].goes_on, plan.meters[1].kept == Kept::schedule);
    EXPECT_TRUE(plan.buses[1].goes_on) << "the other bus";
    EXPECT_EQ(plan.meters[0].kept, Kept::schedule) << "its neighbour";
    return plan.meters[1].kept;
  }
  auto summary() const -> std::string { return summary_of(plan(), running, wanted); }

  Configuration running = two_buses();
  Configuration wanted = two_buses();
};

constexpr BusChange undisturbed(std::size_t before) {
  return {.before = before, .goes_on = true, .keeps_line = true};
}

TEST_F(ReloadPlanTest, DisturbsNothingWhereNothingDiffers) {
  EXPECT_THAT(plan().buses, ElementsAre(undisturbed(0), undisturbed(1)));
  EXPECT_THAT(plan().ended, IsEmpty());
  EXPECT_EQ(summary(), "undisturbed: 2 of 2 buses");
}

TEST_F(ReloadPlanTest, DisturbsNothingWhereTheFileIsInAnotherOrder) {
  std::swap(wanted.buses[0], wanted.buses[1]);
  for (auto& meter : wanted.meters) {
    meter.bus = 1 - meter.bus;
  }
  std::ranges::reverse(wanted.meters);
  EXPECT_THAT(plan().buses, ElementsAre(undisturbed(1), undisturbed(0)));
  EXPECT_THAT(plan().ended, IsEmpty());
  EXPECT_EQ(plan().meters[0],
            (MeterChange{.before = 2, .kept = Kept::schedule, .described_anew = false}));
}

TEST_F(ReloadPlanTest, DoesNotDisturbABusForWhatPeopleCallAMeter) {
  wanted.meters[1].name = "Boiler room";
  wanted.meters[1].labels["street"] = "Main Street";
  EXPECT_THAT(plan().buses, ElementsAre(undisturbed(0), undisturbed(1)));
  EXPECT_TRUE(plan().meters[1].described_anew);
  EXPECT_EQ(summary(), "changed meters: heat; undisturbed: 2 of 2 buses");
}

TEST_F(ReloadPlanTest, BeginsTheBusOfANewMeterAgainOnItsOldLine) {
  wanted.meters.push_back(meter_on(1, "wind", 2));
  EXPECT_THAT(
      plan().buses,
      ElementsAre(undisturbed(0), (BusChange{.before = 1, .goes_on = false, .keeps_line = true})));
  EXPECT_THAT(plan().ended, ElementsAre(1));
  EXPECT_EQ(plan().meters[3], MeterChange{});
  EXPECT_EQ(plan().meters[2].kept, Kept::schedule) << "its neighbour keeps its marks";
  EXPECT_EQ(summary(), "buses begun again: roof; new meters: wind; undisturbed: 1 of 2 buses");
}

TEST_F(ReloadPlanTest, BeginsTheBusOfARemovedMeterAgain) {
  std::erase_if(wanted.meters, [](const MeterSettings& meter) { return meter.id == "heat"; });
  EXPECT_FALSE(plan().buses[0].goes_on);
  EXPECT_EQ(plan().buses[1], undisturbed(1));
  EXPECT_THAT(plan().ended, ElementsAre(0));
  EXPECT_EQ(summary(),
            "buses begun again: cellar; removed meters: heat; undisturbed: 1 of 2 buses");
}

TEST_F(ReloadPlanTest, KeepsOfAMeterWhatItsChangeLeavesTrue) {
  EXPECT_EQ(kept_of_heat([](auto&) {}), Kept::schedule);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter.polls[0].every = 10s; }), Kept::view);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter.writes_scan_list = true; }), Kept::view);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter.polls[0].points = {0, 1}; }), Kept::refusals);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter.unit_id = wire::UnitId{9}; }), Kept::refusals);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter.serial = "4711"; }), Kept::refusals);
}

TEST_F(ReloadPlanTest, ComparesModelsByTheirContent) {
  EXPECT_EQ(kept_of_heat([](auto& meter) {
              meter = with_model(meter, [](model::Model& model) { model.points[0].address = 4; });
            }),
            Kept::nothing);
  EXPECT_EQ(kept_of_heat([](auto& meter) {
              meter = with_model(meter, [](model::Model& model) { model.timing.attempts = 5; });
            }),
            Kept::nothing);
  EXPECT_EQ(kept_of_heat([](auto& meter) { meter = with_model(meter, [](model::Model&) {}); }),
            Kept::schedule)
      << "a file that was only written again";
}

TEST_F(ReloadPlanTest, KeepsTheLineOnlyWhereItIsTheSame) {
  wanted.buses[0].timeout = 2s;
  EXPECT_EQ(plan().buses[0], (BusChange{.before = 0, .goes_on = false, .keeps_line = true}));
  EXPECT_EQ(plan().meters[0].kept, Kept::schedule);
  wanted.buses[0].serial.baud = 9'600;
  EXPECT_EQ(plan().buses[0], (BusChange{.before = 0, .goes_on = false, .keeps_line = false}));
  wanted.buses[0].port = 503;
  EXPECT_EQ(plan().buses[0], BusChange{}) << "another place";
  EXPECT_THAT(plan().ended, ElementsAre(0));
}

TEST_F(ReloadPlanTest, KnowsABusUnderAnotherNameByItsPlace) {
  wanted.buses[1].name = "attic";
  EXPECT_EQ(plan().buses[1], (BusChange{.before = 1, .goes_on = false, .keeps_line = true}));
  EXPECT_THAT(plan().ended, ElementsAre(1));
  EXPECT_EQ(plan().meters[2].kept, Kept::refusals);
  EXPECT_EQ(
      summary(),
      "new buses: attic; buses ended: roof; changed meters: solar; undisturbed: 1 of 2 buses");
}

TEST_F(ReloadPlanTest, TakesNoBusForTheOneWhosePlaceItGot) {
  std::swap(wanted.buses[0].host, wanted.buses[1].host);
  EXPECT_EQ(plan().buses[0].before, 1U);
  EXPECT_EQ(plan().buses[1].before, 0U);
  EXPECT_THAT(plan().ended, ElementsAre(0, 1));
}

TEST_F(ReloadPlanTest, MovesAMeterToAnotherBus) {
  wanted.meters[1].bus = 1;
  EXPECT_EQ(plan().meters[1].kept, Kept::refusals);
  EXPECT_THAT(plan().ended, ElementsAre(0, 1));
}

TEST_F(ReloadPlanTest, BeginsEverythingOfTheFirstConfiguration) {
  running = {};
  EXPECT_THAT(plan().buses, ElementsAre(BusChange{}, BusChange{}));
  EXPECT_THAT(plan().ended, IsEmpty());
}

TEST_F(ReloadPlanTest, KeepsWhatOnlyAStartCanChangeAndNamesIt) {
  wanted.gateway.city = "elsewhere";
  wanted.gateway.timezone = "Europe/Paris";
  wanted.buffer.commit_every = 5s;
  wanted.platform->broker = "mqtts://other";
  wanted.platform->key = "key.pem";
  EXPECT_THAT(keep_until_next_start(running, wanted),
              ElementsAre("[gateway] city", "[buffer] commit_every", "[platform] broker",
                          "[platform.tls] key"));
  EXPECT_EQ(wanted.gateway.city, running.gateway.city);
  EXPECT_EQ(wanted.gateway.timezone, "Europe/Paris") << "this one can";
  EXPECT_EQ(wanted.buffer.commit_every, 1s);
  EXPECT_EQ(wanted.platform->broker, "");
  EXPECT_THAT(keep_until_next_start(running, wanted), IsEmpty());
}

TEST_F(ReloadPlanTest, KeepsThePlatformThatIsThereOrNone) {
  wanted.platform.reset();
  EXPECT_THAT(keep_until_next_start(running, wanted), ElementsAre("[platform]"));
  EXPECT_TRUE(wanted.platform.has_value());
  running.platform.reset();
  EXPECT_THAT(keep_until_next_start(running, wanted), ElementsAre("[platform]"));
  EXPECT_FALSE(wanted.platform.has_value());
  wanted.local = LocalSettings{};
  EXPECT_THAT(keep_until_next_start(running, wanted), ElementsAre("[local]"));
  EXPECT_FALSE(wanted.local.has_value());
  running.local = LocalSettings{};
  wanted.local = LocalSettings{};
  wanted.local->topic = "elsewhere";
  wanted.local->username = "cab";
  EXPECT_THAT(keep_until_next_start(running, wanted),
              ElementsAre("[local] username", "[local] topic"));
  EXPECT_EQ(wanted.local, LocalSettings{});
}

TEST_F(ReloadPlanTest, HoldsAModelOnce) {
  wanted.meters[1] =
      with_model(wanted.meters[1], [](model::Model& model) { model.version = "another"; });
  const auto changed = wanted.meters[1].model;
  share_models(running, wanted);
  EXPECT_EQ(wanted.meters[0].model, running.meters[0].model);
  EXPECT_EQ(wanted.meters[1].model, changed);
  EXPECT_EQ(wanted.meters[2].model, running.meters[0].model) << "the first that is the same";
}

TEST_F(ReloadPlanTest, Promise7_NamesTenOfManyMetersInTheSummary) {
  for (int number = 0; number < 12; ++number) {
    wanted.meters.push_back(meter_on(1, "new-" + std::to_string(number), 10 + number));
  }
  EXPECT_THAT(summary(), AllOf(HasSubstr("new-9 and 2 more"), Not(HasSubstr("new-10"))));
}

}  // namespace
}  // namespace bornier::app
