// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "app/bus_poller.hpp"

/// What a BusPoller finds out about refusals.
namespace bornier::app {
namespace {

/// Requests at once. Whatever is due sooner goes between them.
constexpr int steps_of_learning = 40;

}  // namespace

auto BusPoller::learn(const modbus::Poll& poll, MeterReader::Effort effort,
                      std::vector<std::size_t> missing) -> boost::asio::awaitable<void> {
  const auto& meter = meters_[poll.meter];
  auto& learning = learnings_[poll.meter];
  bool goes_on = true;
  bool any_answer = false;
  for (int step = 0; step < steps_of_learning && goes_on && !stopping_; ++step) {
    const auto request = learning.next(clock_.clock().now().instant);
    if (!request) {
      break;
    }
    co_await make_way();
    const auto looked = co_await reader_.look(*meter.settings, *request, MeterReader::Effort::full);
    any_answer = any_answer || looked.outcome == modbus::Outcome::answered;
    goes_on = looked.outcome != modbus::Outcome::bus_down && learning.came(looked.gathered);
  }
  if (learning.take_news()) {
    news_ = true;
    forget_plans(poll.meter);
    const auto& known = learning.known();
    spdlog::info(
        "meter {}: some registers cannot be read together, or at all: {} cut(s), {} lacking; "
        "requests are planned around them from now on",
        meter.settings->id, known.boundaries.size(), known.lacking.size());
  }
  const auto readable = without_lacking(learning, missing);
  if (any_answer && !learning.is_searching() && !readable.empty()) {
    const auto requests = plan(poll.meter, readable);
    PollAnswers answers{*meter.settings, requests, &shown_[poll.meter]};
    Arrived arrived = [&](const Gathered& one) { deliver(poll.meter, one, answers); };
    static_cast<void>(co_await reader_.read(*meter.settings, requests, effort, std::move(arrived)));
    reader_.forget(requests);
  } else {
    say_lacking(poll.meter, missing);
  }
  auto lacking = points_of(poll);
  std::erase_if(lacking, [&](const auto point) { return !learning.is_lacking(point); });
  say_lacking(poll.meter, lacking);
}

}  // namespace bornier::app
