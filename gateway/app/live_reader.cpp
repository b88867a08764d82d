// SPDX-License-Identifier: Apache-2.0
#include "app/live_reader.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "app/learn_at_once.hpp"
#include "app/meter_learning.hpp"
#include "app/meter_reader.hpp"
#include "app/poll_answers.hpp"
#include "app/serial_port.hpp"

namespace bornier::app {
namespace {

using model::Severity;
using reading::Acquisition;

/// A load that changes between two requests makes their values contradict each other: what is found
/// three times holds.
constexpr unsigned usual_looks = 3;

auto looks_at(const MeterSettings& meter) -> unsigned {
  const bool seldom = meter.model->timing.shortest_period.count() > 0;
  return seldom || model::points_of_three_phases(*meter.model).empty() ? 1 : usual_looks;
}

auto requests_for(const LiveMeter& meter, const MeterLearning& learning)
    -> wire::Result<std::vector<Request>, std::string> {
  const auto& settings = *meter.settings;
  const auto cost = cost_of(*meter.bus, settings.model->timing);
  const auto readable = without_lacking(learning, configured_points(settings));
  auto requests = plan_requests(*settings.model, readable, cost, learning.known());
  if (!requests) {
    return requests;
  }
  // Apart: what the meter refuses of these must not take configured points with it.
  const auto further = plan_requests(
      *settings.model, without_lacking(learning, further_points(settings)), cost, learning.known());
  if (further) {
    requests->insert(requests->end(), further->begin(), further->end());
  }
  return requests;
}

void add_lacking(Look& look, const MeterSettings& meter, const MeterLearning& learning) {
  for (const auto& points : {configured_points(meter), further_points(meter)}) {
    for (const auto point : points) {
      if (learning.is_lacking(point)) {
        look.push_back({.decoded = {.point = point, .value = Acquisition::exception, .quality = {}},
                        .exception_code = learning.exception_code()});
      }
    }
  }
}

void say_why_not(LiveMeter& meter, const std::string& what) {
  meter.answers = false;
  meter.points = configured_points(*meter.settings).size();
  judge_serial(meter, {});
  const auto end = what.find("; ");
  meter.add(Severity::error, "answer", what.substr(0, end), {},
            end == std::string::npos ? std::string{} : what.substr(end + 2));
}

void judge_line(LiveMeter& meter, const BusFigures& before, const BusFigures& after) {
  const auto& timing = meter.settings->model->timing;
  const auto requests = after.requests - before.requests;
  auto silent = after.timeouts - before.timeouts;
  silent -= std::min<std::uint64_t>(silent, timing.sleeps_after.count() > 0 ? 1 : 0);
  const auto damaged = after.damaged - before.damaged;
  const bool told = std::ranges::count(meter.findings, "points", &LiveFinding::about) > 0;
  if (told || (damaged == 0 && (silent == 0 || !timing.answers_exceptions))) {
    return;
  }
  meter.add(Severity::hint, "line", "the meter does not answer each time",
            "of " + std::to_string(requests) + " requests " + std::to_string(silent) +
                " had no answer and " + std::to_string(damaged) + " a damaged one",
            meter.bus->transport == Transport::tcp
                ? "look at the network, and at what else asks the meter"
                : "look at termination, shield and branches of the line");
}

class BusCheck {
 public:
  BusCheck(const boost::asio::any_io_executor& executor, BusSettings bus,
           std::unique_ptr<io::Line> line, const io::Clock& clock)
      : reader_{executor, std::move(bus), std::move(line), clock, MeterReader::Neighbours::none} {}

  auto check(LiveMeter& meter) -> boost::asio::awaitable<void> {
    const auto name = reader_.line().name();
    if (!reader_.line().is_open() && unreachable_.empty()) {
      const auto connected = co_await reader_.connect();
      if (!connected) {
        unreachable_ = why_not_connected(reader_.settings(), name, connected.error());
      }
    }
    if (!unreachable_.empty()) {
      say_why_not(meter, unreachable_);
      co_return;
    }
    MeterLearning learning{*meter.settings};
    const auto requests = plan(meter, learning);
    if (requests) {
      co_await look(meter, **requests, learning);
    }
  }

 private:
  /// Where the reader finds it for good.
  auto plan(LiveMeter& meter, const MeterLearning& learning)
      -> std::optional<const std::vector<Request>*> {
    auto requests = requests_for(meter, learning);
    if (!requests) {
      say_why_not(meter, requests.error());
      return std::nullopt;
    }
    plans_.push_back(std::move(*requests));
    return &plans_.back();
  }

  auto look(LiveMeter& meter, const std::vector<Request>& first, MeterLearning& learning)
      -> boost::asio::awaitable<void> {
    const auto before = reader_.figures();
    const auto* requests = &first;
    std::vector<Look> looks;
    for (unsigned number = looks_at(*meter.settings); number > 0; --number) {
      std::vector<Gathered> gathered;
      Arrived arrived = [&gathered](const Gathered& one) { gathered.push_back(one); };
      const auto outcome = co_await reader_.read(*meter.settings, *requests,
                                                 MeterReader::Effort::full, std::move(arrived));
      for (const auto& one : gathered) {
        if (!one.words.empty() || one.is_refused()) {
          meter.latencies.push_back(one.took);
        }
      }
      if (outcome != modbus::Outcome::answered) {
        if (looks.empty()) {
          say_why_not(meter, reason_of(meter, outcome, gathered));
          co_return;
        }
        continue;
      }
      // One hole must not pass for a meter that refuses half of its points.
      const bool learned =
          co_await learn_at_once(reader_, *meter.settings, learning, gathered, outcome);
      const auto planned_anew = learned ? plan(meter, learning) : std::nullopt;
      if (planned_anew && !(*planned_anew)->empty()) {
        requests = *planned_anew;
        ++number;
        continue;
      }
      looks.push_back(look_of(*meter.settings, *requests, gathered));
      add_lacking(looks.back(), *meter.settings, learning);
    }
    meter.answers = true;
    judge(meter, looks);
    judge_line(meter, before, reader_.figures());
  }

  [[nodiscard]] auto reason_of(const LiveMeter& meter, modbus::Outcome outcome,
                               const std::vector<Gathered>& gathered) const -> std::string {
    const auto name = reader_.line().name();
    if (outcome == modbus::Outcome::bus_down) {
      return name + ": the connection was lost: " + reader_.figures().last_error +
             "; look whether the server takes this unit id, and another connection";
    }
    if (outcome == modbus::Outcome::failed) {
      const bool lacking = !gathered.empty() && gathered.front().lacking;
      return std::string{lacking ? "the meter has no SunSpec model of this kind"
                                 : "the meter refuses every request"} +
             "; look whether it is a " + meter.settings->model->title;
    }
    return why_silent(reader_.settings(), name, meter.settings->unit_id);
  }

  MeterReader reader_;
  std::deque<std::vector<Request>> plans_;  ///< the reader keeps what it learns of each request
  std::string unreachable_;
};

}  // namespace

auto look_of(const MeterSettings& meter, const std::vector<Request>& requests,
             const std::vector<Gathered>& gathered) -> Look {
  Look look;
  PollAnswers answers{meter, requests};
  for (const auto& request : requests) {
    const auto found = std::ranges::find(gathered, &request, &Gathered::request);
    if (found != gathered.end() && !found->words.empty()) {
      for (auto& decoded : answers.add(*found)) {
        look.push_back({.decoded = std::move(decoded), .exception_code = 0});
      }
      continue;
    }
    auto reason = Acquisition::no_response;
    std::uint8_t code = 0;
    if (found != gathered.end() && found->lacking) {
      reason = Acquisition::unsupported;
    } else if (found != gathered.end() && found->is_refused()) {
      reason = Acquisition::exception;
      code = found->exception_code;
    }
    for (const auto point : answers.failed(request)) {
      look.push_back(
          {.decoded = {.point = point, .value = reason, .quality = {}}, .exception_code = code});
    }
  }
  return look;
}

auto check_bus(BusSettings bus, std::vector<LiveMeter*> meters, std::unique_ptr<io::Line> line,
               const io::Clock& clock, Progress progress) -> boost::asio::awaitable<void> {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto name = bus.name;
  BusCheck check{executor, std::move(bus), std::move(line), clock};
  std::size_t number = 0;
  for (auto* meter : meters) {
    ++number;
    progress("bus " + name + ": reading " + meter->settings->id + " (" + std::to_string(number) +
             " of " + std::to_string(meters.size()) + ")");
    co_await check.check(*meter);
  }
}

}  // namespace bornier::app
