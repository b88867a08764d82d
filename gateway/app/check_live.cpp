// SPDX-License-Identifier: Apache-2.0
#include "app/check_live.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "app/daemon.hpp"
#include "app/live_meter.hpp"
#include "app/live_reader.hpp"
#include "app/live_report.hpp"
#include "app/live_status.hpp"
#include "app/make_line.hpp"
#include "io/clock.hpp"
#include "io/local_socket.hpp"
#include "io/spawn.hpp"
#include "model/diagnostic.hpp"

namespace bornier::app {
namespace {

namespace errc = boost::system::errc;

auto chosen_meters(const Configuration& configuration, const std::string& file,
                   const std::vector<std::string>& ids) -> std::optional<std::vector<LiveMeter>> {
  std::vector<std::string_view> known;
  for (const auto& meter : configuration.meters) {
    known.push_back(meter.id);
  }
  for (const auto& id : ids) {
    if (std::ranges::find(known, id) == known.end()) {
      std::cerr << file << ": there is no meter \"" << id << "\"" << model::did_you_mean(id, known)
                << "\n";
      return std::nullopt;
    }
  }
  std::vector<LiveMeter> meters;
  for (const auto& meter : configuration.meters) {
    if (ids.empty() || std::ranges::find(ids, meter.id) != ids.end()) {
      auto& live = meters.emplace_back();
      live.settings = &meter;
      live.bus = &configuration.buses[meter.bus];
    }
  }
  return meters;
}

/// The status of the daemon of this state directory; empty if none runs. Nothing if it cannot be
/// asked: the reason was printed.
auto report_of_daemon(const Configuration& configuration) -> std::optional<std::string> {
  const auto path = (configuration.gateway.state_directory / socket_name).string();
  auto report = io::ask_local(path, R"({"command":"status"})", std::chrono::seconds{5});
  if (report) {
    return std::move(*report);
  }
  if (report.error() == errc::no_such_file_or_directory ||
      report.error() == errc::connection_refused) {
    return std::string{};
  }
  std::cerr << path << ": " << report.error().message()
            << "; the daemon there may hold the lines: run this as its user, or stop it first\n";
  return std::nullopt;
}

void read_directly(const std::vector<LiveMeter*>& meters) {
  const io::SystemClock clock;
  boost::asio::io_context context{1};
  std::vector<const BusSettings*> buses;
  for (const auto* meter : meters) {
    if (std::ranges::find(buses, meter->bus) == buses.end()) {
      buses.push_back(meter->bus);
    }
  }
  for (const auto* bus : buses) {
    std::vector<LiveMeter*> of_bus;
    std::ranges::copy_if(meters, std::back_inserter(of_bus),
                         [bus](const LiveMeter* meter) { return meter->bus == bus; });
    auto line = make_line(context.get_executor(), clock, *bus);
    io::spawn(context.get_executor(),
              check_bus(*bus, std::move(of_bus), std::move(line), clock,
                        [](const std::string& what) { std::cerr << what << "\n"; }),
              "bus " + bus->name);
  }
  context.run();
}

}  // namespace

auto check_live(const Configuration& configuration, const std::string& file,
                const std::vector<std::string>& meters, Format format) -> int {
  auto chosen = chosen_meters(configuration, file, meters);
  if (!chosen) {
    return 1;
  }
  const auto report = report_of_daemon(configuration);
  if (!report) {
    return 1;
  }
  std::vector<LiveMeter*> left;
  if (report->empty()) {
    std::ranges::transform(*chosen, std::back_inserter(left),
                           [](LiveMeter& meter) { return &meter; });
  } else {
    boost::asio::io_context context{1};
    const io::SystemClock clock;
    std::vector<std::string> endpoints;
    for (const auto& meter : *chosen) {
      endpoints.push_back(make_line(context.get_executor(), clock, *meter.bus)->name());
    }
    auto rest = judge_by_status(*report, *chosen, endpoints);
    if (!rest) {
      std::cerr << rest.error() << "\n";
      return 1;
    }
    left = std::move(*rest);
    std::cerr << "the gateway is running and holds the lines: these are the values that it polled; "
                 "what it does not poll is not known\n";
  }
  read_directly(left);
  std::cout << to_text(*chosen, format);
  return count(*chosen).errors > 0 ? 1 : 0;
}

}  // namespace bornier::app
