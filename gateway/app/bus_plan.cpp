// SPDX-License-Identifier: Apache-2.0
#include "app/bus_plan.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "app/bus_health_points.hpp"
#include "app/meter_plan.hpp"
#include "model/notation.hpp"

namespace bornier::app {
namespace {

using std::chrono::microseconds;

constexpr double ms_a_day = 86'400'000;

// Measured on the reference day and by buffer_bench (README, "How it compares").
constexpr double bytes_a_reading = 0.67;         ///< of a long batch
constexpr double bytes_a_point_and_batch = 2.5;  ///< what a batch says once about each point
constexpr double disk_a_reading = 8.4;
constexpr double disk_a_commit = 5'700;
/// The buffer keeps a batch with its index, and pages are never quite full.
constexpr double kept_to_sent = 1.3;

/// A meter is called silent after so many times its usual interval.
constexpr int messages_before_silence = 5;

/// Above this a bus has no room for repetitions and probes.
constexpr double comfortable = 0.8;

auto percent(double part) -> std::string {
  return std::to_string(std::lround(part * 100)) + " %";
}

auto is_tcp(const Configuration& configuration, const MeterSettings& meter) -> bool {
  return configuration.buses[meter.bus].transport == Transport::tcp;
}

auto is_in_scan_list(const model::Model& model, const model::Point& point) -> bool {
  const auto& list = model.scan_list;
  return list && point.parts.empty() && point.table == list->values.table &&
         point.address >= list->values.first && point.address <= list->values.last;
}

auto planned(const Configuration& configuration, std::size_t index,
             const std::vector<std::size_t>& points, std::chrono::milliseconds every)
    -> wire::Result<PlannedPoll, std::string> {
  const auto& meter = configuration.meters[index];
  const auto cost = cost_of(configuration.buses[meter.bus], meter.model->timing);
  const auto requests = plan_requests(*meter.model, points, cost);
  if (!requests) {
    return "meter \"" + meter.id + "\": " + requests.error();
  }
  PlannedPoll plan{.meter = index,
                   .every = every,
                   .points = points.size(),
                   .requests = requests->size(),
                   .registers = 0,
                   .takes = {}};
  const bool reads_list = std::ranges::any_of(points, [&](const auto point) {
    return is_in_scan_list(*meter.model, meter.model->points[point]);
  });
  if (reads_list) {
    ++plan.requests;
    const auto list = meter.model->scan_list->parameters.size();
    plan.registers += list;
    plan.takes += microseconds{cost.request + cost.word * list};
  }
  for (const auto& request : *requests) {
    const std::uint64_t words =
        wire::is_bits(request.table) ? (request.count + 15U) / 16U : request.count;
    plan.registers += request.count;
    plan.takes += microseconds{cost.word * words};
  }
  // What goes out together waits together.
  const auto together = is_tcp(configuration, meter) ? meter.model->timing.in_flight : 1U;
  plan.takes += microseconds{cost.request * ((requests->size() + together - 1) / together)};
  if (meter.model->timing.refresh.count() > 0) {
    plan.takes *= 2;  // read twice, for fresh data
  }
  return plan;
}

/// Some of a meter's periods, a bit each.
using Periods = std::size_t;
/// A meter of more periods is taken to be polled for each by itself.
constexpr std::size_t most_periods = 6;

auto is_in(Periods set, std::size_t period) -> bool {
  return ((set >> period) & 1U) != 0;
}

/// How often a millisecond all these periods are due at once.
auto rate_of_all(const std::vector<PollSettings>& polls, Periods set) -> double {
  std::int64_t together = 1;
  for (std::size_t period = 0; period < polls.size(); ++period) {
    if (is_in(set, period)) {
      together = std::lcm(together, polls[period].every.count());
    }
  }
  return 1.0 / static_cast<double>(together);
}

/// How often a millisecond these periods are due at once, and no other: by inclusion and exclusion.
auto rate_of_just(const std::vector<PollSettings>& polls, Periods set) -> double {
  double rate = 0;
  for (Periods larger = set; larger < (Periods{1} << polls.size()); ++larger) {
    if ((larger & set) == set) {
      const bool adds = std::popcount(larger ^ set) % 2 == 0;
      rate += (adds ? 1 : -1) * rate_of_all(polls, larger);
    }
  }
  return rate;
}

/// What is due together is read together, in fewer requests.
auto weigh(PlannedBus& bus, const Configuration& configuration, std::size_t index)
    -> wire::Result<void, std::string> {
  const auto& polls = configuration.meters[index].polls;
  const bool apart = polls.size() > most_periods;
  const auto sets = apart ? polls.size() : (Periods{1} << polls.size()) - 1;
  for (std::size_t each = 0; each < sets; ++each) {
    const Periods set = apart ? Periods{1} << each : each + 1;
    std::vector<std::size_t> points;
    for (std::size_t period = 0; period < polls.size(); ++period) {
      if (is_in(set, period)) {
        points.insert(points.end(), polls[period].points.begin(), polls[period].points.end());
      }
    }
    const auto rate = apart ? rate_of_all(polls, set) : rate_of_just(polls, set);
    const bool is_all = !apart && each + 1 == sets;
    if (rate < 1e-15 && !is_all) {
      continue;
    }
    const auto poll = planned(configuration, index, points, {});
    if (!poll) {
      return poll.error();
    }
    bus.occupancy += rate * static_cast<double>(poll->takes.count()) / 1'000;
    if (apart || is_all) {
      bus.longest_wait += poll->takes;
    }
  }
  return {};
}

void warn_of_buses(Plan& plan, const Configuration& configuration) {
  for (std::size_t index = 0; index < plan.buses.size(); ++index) {
    const auto& bus = plan.buses[index];
    const auto name = "bus \"" + configuration.buses[index].name + "\": ";
    if (bus.polls.empty()) {
      plan.warnings.push_back(name + "no meter is on it");
    } else if (bus.occupancy > 1) {
      plan.warnings.push_back(name + "it would be busy " + percent(bus.occupancy) +
                              " of the time, so most marks are missed; read fewer points, or "
                              "more seldom, or set a higher bit rate");
    } else if (bus.occupancy > comfortable) {
      plan.warnings.push_back(name + "it is busy " + percent(bus.occupancy) +
                              " of the time, which leaves little for a meter that does not "
                              "answer at once; read fewer points, or more seldom");
    }
  }
}

void weigh_health(Plan& plan, const Configuration& configuration, double batches) {
  const auto every = configuration.gateway.bus_health_every;
  if (every.count() == 0) {
    return;
  }
  const auto marks = ms_a_day / static_cast<double>(every.count());
  const auto points = static_cast<double>(
      configuration.meters.size() * health_points_of_meters().size() + configuration.buses.size());
  plan.readings_a_day += marks * points;
  plan.sent_a_day += std::min(batches, marks) * points * bytes_a_point_and_batch;
}

/// One reading for each count that is kept.
void weigh_pulses(Plan& plan, const Configuration& configuration, double batches) {
  for (const auto& meter : configuration.pulse_meters) {
    double counts = 0;
    if (meter.protocol == model::Protocol::mqtt) {
      const auto& device = configuration.mqtt_meters[meter.device];
      counts = plan.messages[meter.device].readings_a_day /
               static_cast<double>(std::max<std::size_t>(device.points.size(), 1));
    } else {
      for (const auto& poll : configuration.meters[meter.device].polls) {
        if (std::ranges::find(poll.points, meter.count) != poll.points.end()) {
          counts = ms_a_day / static_cast<double>(poll.every.count());
        }
      }
    }
    plan.readings_a_day += counts;
    plan.sent_a_day += std::min(batches, counts) * bytes_a_point_and_batch;
  }
}

void weigh_link_and_disk(Plan& plan, const Configuration& configuration) {
  const auto batch_every =
      configuration.platform ? configuration.platform->batch_every : PlatformSettings{}.batch_every;
  const auto batches = ms_a_day / static_cast<double>(batch_every.count());
  for (const auto& bus : plan.buses) {
    for (const auto& poll : bus.polls) {
      const auto marks = ms_a_day / static_cast<double>(poll.every.count());
      const auto points = static_cast<double>(poll.points);
      plan.readings_a_day += marks * points;
      plan.sent_a_day += std::min(batches, marks) * points * bytes_a_point_and_batch;
    }
  }
  for (const auto& meter : plan.messages) {
    const auto points = static_cast<double>(meter.points);
    plan.readings_a_day += meter.readings_a_day;
    plan.sent_a_day += std::min(batches * points, meter.readings_a_day) * bytes_a_point_and_batch;
  }
  weigh_health(plan, configuration, batches);
  weigh_pulses(plan, configuration, batches);
  plan.sent_a_day += plan.readings_a_day * bytes_a_reading;
  const auto commits =
      std::min(ms_a_day / static_cast<double>(configuration.buffer.commit_every.count()),
               plan.readings_a_day);
  plan.written_a_day = plan.readings_a_day * disk_a_reading + commits * disk_a_commit;
  const auto fills = static_cast<double>(configuration.buffer.max_bytes) /
                     std::max(plan.sent_a_day * kept_to_sent, 1.0);
  const auto ages = static_cast<double>(configuration.buffer.max_age.count()) / ms_a_day;
  plan.days_kept = std::min(fills, ages);
}

/// Who sends of his own accord may send at any time: what tells something is when he counts as
/// silent.
auto messages_of(const MqttMeterSettings& meter) -> PlannedMessages {
  PlannedMessages messages;
  messages.usual = meter.silent_after / messages_before_silence;
  messages.points = meter.points.size();
  for (const auto& [point, every] : meter.points) {
    const auto span = std::max(every, messages.usual);
    messages.readings_a_day += ms_a_day / static_cast<double>(span.count());
  }
  return messages;
}

}  // namespace

auto plan_of(const Configuration& configuration) -> wire::Result<Plan, std::string> {
  Plan plan;
  plan.buses.resize(configuration.buses.size());
  for (std::size_t index = 0; index < configuration.meters.size(); ++index) {
    const auto& meter = configuration.meters[index];
    for (const auto& poll : meter.polls) {
      auto one = planned(configuration, index, poll.points, poll.every);
      if (!one) {
        return std::move(one).error();
      }
      plan.buses[meter.bus].polls.push_back(*one);
    }
    const auto weighed = weigh(plan.buses[meter.bus], configuration, index);
    if (!weighed) {
      return weighed.error();
    }
  }
  for (const auto& meter : configuration.mqtt_meters) {
    plan.messages.push_back(messages_of(meter));
  }
  warn_of_buses(plan, configuration);
  weigh_link_and_disk(plan, configuration);
  return plan;
}

}  // namespace bornier::app
