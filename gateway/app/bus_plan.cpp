// SPDX-License-Identifier: Apache-2.0
#include "app/bus_plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

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

/// Above this a bus has no room for repetitions and probes.
constexpr double comfortable = 0.8;

auto percent(double part) -> std::string {
  return std::to_string(std::lround(part * 100)) + " %";
}

auto planned(const Configuration& configuration, std::size_t index, const PollSettings& poll)
    -> wire::Result<PlannedPoll, std::string> {
  const auto& meter = configuration.meters[index];
  const auto cost = cost_of(configuration.buses[meter.bus], meter.model->timing);
  const auto requests = plan_requests(*meter.model, poll.points, cost);
  if (!requests) {
    return "meter \"" + meter.id + "\": " + requests.error();
  }
  PlannedPoll plan{.meter = index,
                   .every = poll.every,
                   .points = poll.points.size(),
                   .requests = requests->size(),
                   .registers = 0,
                   .takes = {}};
  for (const auto& request : *requests) {
    const std::uint64_t words =
        wire::is_bits(request.table) ? (request.count + 15U) / 16U : request.count;
    plan.registers += request.count;
    plan.takes += microseconds{cost.request + cost.word * words};
  }
  if (meter.model->timing.refresh.count() > 0) {
    plan.takes *= 2;  // read twice, for fresh data
  }
  return plan;
}

void weigh(PlannedBus& bus) {
  for (const auto& poll : bus.polls) {
    bus.occupancy +=
        static_cast<double>(poll.takes.count()) / 1'000 / static_cast<double>(poll.every.count());
    bus.longest_wait += poll.takes;
  }
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
  plan.sent_a_day += plan.readings_a_day * bytes_a_reading;
  const auto commits = ms_a_day / static_cast<double>(configuration.buffer.commit_every.count());
  plan.written_a_day = plan.readings_a_day * disk_a_reading + commits * disk_a_commit;
  const auto fills = static_cast<double>(configuration.buffer.max_bytes) /
                     std::max(plan.sent_a_day * kept_to_sent, 1.0);
  const auto ages = static_cast<double>(configuration.buffer.max_age.count()) / ms_a_day;
  plan.days_kept = std::min(fills, ages);
}

}  // namespace

auto plan_of(const Configuration& configuration) -> wire::Result<Plan, std::string> {
  Plan plan;
  plan.buses.resize(configuration.buses.size());
  for (std::size_t index = 0; index < configuration.meters.size(); ++index) {
    const auto& meter = configuration.meters[index];
    for (const auto& poll : meter.polls) {
      auto one = planned(configuration, index, poll);
      if (!one) {
        return std::move(one).error();
      }
      plan.buses[meter.bus].polls.push_back(*one);
    }
  }
  for (auto& bus : plan.buses) {
    weigh(bus);
  }
  warn_of_buses(plan, configuration);
  weigh_link_and_disk(plan, configuration);
  return plan;
}

}  // namespace bornier::app
