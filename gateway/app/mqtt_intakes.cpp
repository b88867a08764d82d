// SPDX-License-Identifier: Apache-2.0
#include "app/mqtt_intakes.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <tuple>
#include <utility>

#include "app/broker_configuration.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

constexpr std::chrono::milliseconds look_whether_ended_every{5};

/// All that concerns how its messages are taken.
auto is_same(const MqttMeterSettings& left, const MqttMeterSettings& right) -> bool {
  const auto all = [](const MqttMeterSettings& meter) {
    return std::tie(meter.id, meter.settings, meter.captures, meter.points, meter.silent_after);
  };
  return all(left) == all(right) && *left.model == *right.model;
}

auto meters_of(const Configuration& configuration, std::size_t broker)
    -> std::vector<const MqttMeterSettings*> {
  std::vector<const MqttMeterSettings*> meters;
  for (const auto& meter : configuration.mqtt_meters) {
    if (meter.broker == broker) {
      meters.push_back(&meter);
    }
  }
  return meters;
}

auto goes_on(const MqttIntake& running, const Configuration& wanted, std::size_t broker) -> bool {
  const auto meters = meters_of(wanted, broker);
  return running.settings() == wanted.brokers[broker] &&
         std::ranges::equal(running.meters(), meters,
                            [](const MqttIntake::Meter& before, const MqttMeterSettings* now) {
                              return is_same(*before.settings, *now);
                            });
}

auto numbered_points(const MqttMeterSettings& meter, const batch::Registered::Numbers& numbers)
    -> Collector::Points {
  Collector::Points points;
  std::size_t place = 0;
  for (const auto& [point, every] : meter.points) {
    points.emplace_back(point, numbers.points.at(place++));
  }
  return points;
}

auto found_in(const std::map<std::string, std::string>& memories, const std::string& key)
    -> std::string {
  const auto found = memories.find(key);
  return found == memories.end() ? std::string{} : found->second;
}

auto client_id(const Configuration& configuration, const MqttBrokerSettings& broker)
    -> std::string {
  return broker.client_id.empty() ? "bornier-" + configuration.gateway.city + "-" +
                                        configuration.gateway.id + "-" + broker.name
                                  : broker.client_id;
}

}  // namespace

MqttIntakes::MqttIntakes(boost::asio::any_io_executor executor, const TrustedClock& clock,
                         Collector& collector, std::function<bool()> disk_is_behind)
    : executor_{std::move(executor)},
      clock_{clock},
      collector_{collector},
      disk_is_behind_{std::move(disk_is_behind)},
      wakeup_{executor_, clock_.clock()} {}

auto MqttIntakes::find(const std::string& name) const -> MqttIntake* {
  const auto found = std::ranges::find_if(
      brokers_, [&name](const auto& broker) { return broker && broker->settings().name == name; });
  return found == brokers_.end() ? nullptr : found->get();
}

auto MqttIntakes::end_what_differs(const Configuration& wanted)
    -> boost::asio::awaitable<std::vector<std::string>> {
  std::set<const MqttIntake*> kept;
  for (std::size_t index = 0; index < wanted.brokers.size(); ++index) {
    const auto* running = find(wanted.brokers[index].name);
    if (running != nullptr && goes_on(*running, wanted, index)) {
      kept.insert(running);
    }
  }
  std::vector<std::string> ended;
  for (const auto& broker : brokers_) {
    if (!kept.contains(broker.get())) {
      broker->stop();
      ended.push_back(broker->settings().name);
    }
  }
  const auto is_under_way = [&kept](const auto& broker) {
    return !kept.contains(broker.get()) && !broker->has_ended();
  };
  while (std::ranges::any_of(brokers_, is_under_way)) {
    co_await wakeup_.wait(clock_.clock().now().instant + look_whether_ended_every);
  }
  co_return ended;
}

void MqttIntakes::change(const Configuration& wanted, Numbers numbers,
                         const std::vector<buffer::Memo>& memos) {
  std::map<std::string, std::string> memories;
  for (const auto& memo : memos) {
    memories.insert_or_assign(memo.key, memo.value);
  }
  Brokers brokers;
  std::set<std::size_t> kept_meters;
  for (std::size_t index = 0; index < wanted.brokers.size(); ++index) {
    auto* running = find(wanted.brokers[index].name);
    if (running == nullptr || running->has_ended()) {
      brokers.push_back(nullptr);
      continue;
    }
    const auto place = std::ranges::find_if(
        brokers_, [running](const auto& broker) { return broker.get() == running; });
    brokers.push_back(std::move(*place));
    std::size_t meter = 0;
    for (std::size_t all = 0; all < wanted.mqtt_meters.size(); ++all) {
      const auto& settings = wanted.mqtt_meters[all];
      if (settings.broker == index) {
        const auto number = running->meters()[meter].number;
        collector_.renumber(number, numbers[all].meter, numbered_points(settings, numbers[all]));
        running->renumber_delay(meter, numbers[all].points.size() > settings.points.size()
                                           ? std::optional{numbers[all].points.back()}
                                           : std::nullopt);
        kept_meters.insert(number);
        ++meter;
      }
    }
  }
  for (const auto& broker : brokers_) {
    for (std::size_t meter = 0; broker && meter < broker->meters().size(); ++meter) {
      memories.insert_or_assign(memo_key(*broker->meters()[meter].settings),
                                broker->intake(meter).memory());
      memories.insert_or_assign(counters_key(*broker->meters()[meter].settings),
                                broker->intake(meter).counters());
      collector_.remove_meter(broker->meters()[meter].number);
    }
    if (broker) {
      memories.insert_or_assign(filters_key(broker->settings().name), broker->held_filters());
    }
  }
  standing_still_.clear();
  for (std::size_t index = 0; index < brokers.size(); ++index) {
    if (!brokers[index]) {
      brokers[index] = new_broker(wanted, index, numbers, memories);
      standing_still_.push_back(brokers[index].get());
    }
  }
  brokers_ = std::move(brokers);
}

auto MqttIntakes::new_broker(const Configuration& wanted, std::size_t index, Numbers numbers,
                             const std::map<std::string, std::string>& memories)
    -> std::unique_ptr<MqttIntake> {
  const auto& settings = wanted.brokers[index];
  std::vector<MqttIntake::Meter> meters;
  for (std::size_t all = 0; all < wanted.mqtt_meters.size(); ++all) {
    const auto& its = wanted.mqtt_meters[all];
    if (its.broker != index) {
      continue;
    }
    MqttIntake::Meter meter;
    meter.settings = std::make_shared<const MqttMeterSettings>(its);
    meter.number = collector_.add_meter(numbers[all].meter, numbered_points(its, numbers[all]));
    meter.memory = found_in(memories, memo_key(its));
    meter.counters = found_in(memories, counters_key(its));
    if (numbers[all].points.size() > its.points.size()) {
      meter.arrival_delay = numbers[all].points.back();
    }
    meters.push_back(std::move(meter));
  }
  auto mqtt = mqtt_settings_of(settings, client_id(wanted, settings), "broker " + settings.name);
  mqtt.session_expiry = settings.session;
  mqtt.incoming_limit = 20'000;
  mqtt.longest_incoming = std::size_t{1} << 20U;
  return std::make_unique<MqttIntake>(executor_, settings, std::move(mqtt), std::move(meters),
                                      clock_, collector_, disk_is_behind_,
                                      found_in(memories, filters_key(settings.name)));
}

void MqttIntakes::start() {
  for (auto* broker : std::exchange(standing_still_, {})) {
    io::spawn(executor_, broker->listen_until_stopped(), "broker " + broker->settings().name);
  }
}

void MqttIntakes::stop() {
  for (const auto& broker : brokers_) {
    broker->stop();
  }
}

auto MqttIntakes::has_ended() const -> bool {
  return std::ranges::all_of(brokers_, [](const auto& broker) { return broker->has_ended(); });
}

}  // namespace bornier::app
