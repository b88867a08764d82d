// SPDX-License-Identifier: Apache-2.0
#include "intake/run_message_tests.hpp"

#include <algorithm>
#include <numeric>

#include "intake/meter_intake.hpp"
#include "reading/time_text.hpp"

namespace bornier::intake {
namespace {

using model::ExpectedSample;
using model::FrameTest;
using model::Model;
using model::TestFailure;

/// Long after the times in all tests that say nothing of it would be a time nobody believes.
constexpr std::string_view usual_arrival = "2026-11-28T04:00:00.000Z";

auto text_of(const Model& model, const model::Settings& settings, const Sample& sample,
             const std::string& name) -> std::string {
  const auto point = find_point(model, name);
  const auto found = std::ranges::find_if(
      sample.points, [&](const model::Decoded& decoded) { return decoded.point == point; });
  return found == sample.points.end() ? "not polled yet" : to_text(model, settings, *found);
}

void compare(const Model& model, const FrameTest& test, const std::vector<Sample>& samples,
             reading::Stamp arrived, std::vector<TestFailure>& failures) {
  const auto settings = settings_of(model, test);
  const auto& expected = test.message->samples;
  if (samples.size() != expected.size()) {
    failures.push_back(
        {test.title, "samples", std::to_string(expected.size()), std::to_string(samples.size())});
  }
  for (std::size_t index = 0; index < std::min(samples.size(), expected.size()); ++index) {
    const auto& sample = samples[index];
    const auto& wanted = expected[index];
    const auto time = to_text(sample.time.value_or(arrived));
    if (!wanted.time.empty() && time != wanted.time) {
      failures.push_back({test.title, "time", wanted.time, time});
    }
    for (const auto& [name, value] : wanted.points) {
      const auto found = text_of(model, settings, sample, name);
      if (found != value) {
        failures.push_back({test.title, name, value, found});
      }
    }
  }
}

/// A sample of nothing stands for a message of which nothing is taken.
auto without_empty(FrameTest test) -> FrameTest {
  std::erase_if(test.message->samples,
                [](const ExpectedSample& sample) { return sample.points.empty(); });
  return test;
}

}  // namespace

auto run_message_tests(const Model& model) -> std::vector<TestFailure> {
  std::vector<TestFailure> failures;
  const auto shared = std::make_shared<const Model>(model);
  for (const FrameTest& test : model.tests) {
    const auto& message = *test.message;
    MeterPlan plan{shared, settings_of(model, test), message.captures, {}, {}};
    plan.points.resize(model.points.size());
    std::iota(plan.points.begin(), plan.points.end(), std::size_t{0});
    MeterIntake intake{std::move(plan), {}};
    Arrival arrival;
    arrival.topic = message.topic;
    arrival.payload = std::as_bytes(std::span{message.payload});
    arrival.clock_trusted = !message.arrived.empty();
    arrival.now.stamp =
        *reading::parse_stamp(message.arrived.empty() ? usual_arrival : message.arrived);
    const auto taken = intake.take(arrival);
    if (!taken.meant) {
      failures.push_back({test.title, "topic", "a topic of the model", message.topic});
      continue;
    }
    compare(model, without_empty(test), taken.samples, arrival.now.stamp, failures);
  }
  return failures;
}

}  // namespace bornier::intake
