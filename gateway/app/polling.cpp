// SPDX-License-Identifier: Apache-2.0
#include "app/polling.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "io/spawn.hpp"

namespace bornier::app {
namespace {

/// Of meters that a reload has taken away, should they come back.
constexpr std::size_t most_logs_of_removed = 1'000;
constexpr std::chrono::milliseconds look_for_the_end_every{5};

/// A bus without meters is never polled.
auto is_polled(const BusPoller& bus) -> bool {
  return !bus.meters().empty() && !bus.has_ended();
}

auto numbered_points(const MeterSettings& meter, const batch::Registered::Numbers& numbers)
    -> Collector::Points {
  Collector::Points points;
  std::size_t place = 0;
  for (const auto& poll : meter.polls) {
    for (const auto point : poll.points) {
      points.emplace_back(point, numbers.points.at(place++));
    }
  }
  std::ranges::sort(points);
  return points;
}

auto remembered_counters(const std::vector<buffer::Memo>& memos, const MeterSettings& meter)
    -> std::string {
  const auto key = counters_key(meter);
  const auto found = std::ranges::find_if(
      memos, [&key](const buffer::Memo& memo) { return key && memo.key == *key; });
  return found == memos.end() ? std::string{} : found->value;
}

/// What its counters showed holds, whichever of its points are read.
auto is_same_device(const BusPoller& before, std::size_t place, const Configuration& wanted,
                    const MeterSettings& meter) -> bool {
  const auto& settings = *before.meters()[place].settings;
  return before.reader().settings().name == wanted.buses.at(meter.bus).name &&
         settings.unit_id == meter.unit_id && settings.serial == meter.serial &&
         *settings.model == *meter.model && settings.settings == meter.settings;
}

}  // namespace

auto Polling::formers() const -> Formers {
  Formers formers;
  for (const auto& bus : buses_) {
    for (std::size_t place = 0; place < bus->meters().size(); ++place) {
      const auto& meter = bus->meters()[place];
      formers[meter.settings->id] = {.poller = bus.get(), .place = place, .number = meter.number};
    }
  }
  return formers;
}

auto Polling::take_over_meters(const ReloadPlan& plan, const Configuration& wanted,
                               const Numbers& numbers, const RefusalsByMeter& known,
                               const std::vector<buffer::Memo>& memos)
    -> std::vector<BusPoller::Meter> {
  auto before = formers();
  std::vector<BusPoller::Meter> meters;
  for (std::size_t index = 0; index < wanted.meters.size(); ++index) {
    const auto& settings = wanted.meters[index];
    const auto& change = plan.meters[index];
    const auto points = numbered_points(settings, numbers.at(index));
    BusPoller::Meter meter;
    const auto refusals = known.find(settings.id);
    if (refusals != known.end()) {
      meter.known_refusals = refusals->second;
    }
    const auto former = before.find(settings.id);
    if (former != before.end()) {
      logs_[settings.id] = former->second.poller->event_log(former->second.place).memory();
    }
    const auto memo = std::ranges::find(memos, event_log_key(settings), &buffer::Memo::key);
    meter.event_log.emplace(settings, wanted.buses[settings.bus],
                            memo != memos.end() ? memo->value : logs_[settings.id]);
    logs_.erase(settings.id);
    if (former != before.end() && change.kept >= Kept::refusals) {
      meter.known_refusals = former->second.poller->refusals(former->second.place);
    }
    meter.counters.emplace(settings, remembered_counters(memos, settings));
    if (former != before.end() &&
        is_same_device(*former->second.poller, former->second.place, wanted, settings)) {
      meter.counters = former->second.poller->counters(former->second.place);
    }
    if (former != before.end() && change.kept == Kept::schedule) {
      meter.first_marks = former->second.poller->first_open_marks(former->second.place);
    }
    if (former != before.end() && change.kept >= Kept::view) {
      meter.number = former->second.number;
      meter.serial_watch = former->second.poller->serial_watch(former->second.place);
      meter.shown = former->second.poller->shown(former->second.place);
      collector_.renumber(meter.number, numbers[index].meter, points);
      before.erase(former);
    } else {
      meter.number = collector_.add_meter(numbers[index].meter, points);
    }
    meters.push_back(std::move(meter));
  }
  for (const auto& [id, former] : before) {
    const auto is_wanted = std::ranges::find(wanted.meters, id, &MeterSettings::id);
    if (is_wanted == wanted.meters.end() && logs_.size() < most_logs_of_removed) {
      logs_[id] = former.poller->event_log(former.place).memory();
    }
    collector_.remove_meter(former.number);
  }
  return meters;
}

void Polling::change(const ReloadPlan& plan, const Configuration& wanted, const Numbers& numbers,
                     const RefusalsByMeter& known, const std::vector<buffer::Memo>& memos) {
  auto meters = take_over_meters(plan, wanted, numbers, known, memos);
  auto before = std::exchange(buses_, {});
  standing_still_.clear();
  for (std::size_t index = 0; index < wanted.buses.size(); ++index) {
    const auto& change = plan.buses[index];
    const auto& settings = wanted.buses[index];
    if (change.goes_on && change.before) {
      buses_.push_back(std::move(before.at(*change.before)));
      continue;
    }
    std::vector<BusPoller::Meter> its_meters;
    for (std::size_t meter = 0; meter < wanted.meters.size(); ++meter) {
      if (wanted.meters[meter].bus == index) {
        meters[meter].settings = std::make_shared<const MeterSettings>(wanted.meters[meter]);
        its_meters.push_back(std::move(meters[meter]));
      }
    }
    auto* former = change.before ? before.at(*change.before).get() : nullptr;
    auto line =
        former != nullptr && change.keeps_line ? former->release_line() : make_line_(settings);
    buses_.push_back(std::make_unique<BusPoller>(executor_, settings, std::move(its_meters),
                                                 std::move(line), clock_, collector_));
    if (former != nullptr) {
      buses_.back()->continue_from(*former);
    }
    standing_still_.push_back(buses_.back().get());
  }
}

void Polling::start() {
  for (auto* bus : std::exchange(standing_still_, {})) {
    if (!bus->meters().empty()) {
      io::spawn(executor_, bus->poll_until_stopped(), "bus " + bus->reader().settings().name);
    }
  }
}

auto Polling::end(std::vector<std::size_t> buses) -> boost::asio::awaitable<void> {
  for (const auto bus : buses) {
    buses_.at(bus)->stop(CommandLane::End::changing);
  }
  while (std::ranges::any_of(buses, [this](auto bus) { return is_polled(*buses_.at(bus)); })) {
    co_await wakeup_.wait(clock_.clock().now().instant + look_for_the_end_every);
  }
}

void Polling::stop() {
  for (auto& bus : buses_) {
    bus->stop();
  }
}

auto Polling::has_ended() const -> bool {
  return std::ranges::none_of(buses_, [](const auto& bus) { return is_polled(*bus); });
}

}  // namespace bornier::app
