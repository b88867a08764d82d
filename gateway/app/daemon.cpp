// SPDX-License-Identifier: Apache-2.0
#include "app/daemon.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "app/make_line.hpp"
#include "app/refusals_file.hpp"
#include "app/registrations.hpp"
#include "app/status_report.hpp"
#include "app/version.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using std::chrono::milliseconds;

/// A wall clock that moved by more than this against the steady one was set.
constexpr milliseconds clock_step_threshold{250};
constexpr milliseconds watch_every{1'000};
/// Of one broker, in the status that the platform gets.
constexpr std::size_t most_hints = 20;
/// So long a poll under way may take to end when the program stops.
constexpr milliseconds longest_stop{2'000};
/// What a daemon without a [platform] seals by: it only keeps.
const PlatformSettings no_platform;

auto seed() -> std::uint64_t {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

auto keeper_settings(const Configuration& configuration) -> Keeper::Settings {
  const auto& platform = configuration.platform ? *configuration.platform : no_platform;
  return {.commit_every = configuration.buffer.commit_every,
          .batch_every = platform.batch_every,
          .batch_max = platform.batch_max,
          .memory = configuration.buffer.memory};
}

auto courier_settings(const Configuration& configuration) -> Courier::Settings {
  const auto& platform = *configuration.platform;
  Courier::Settings settings;
  settings.city = configuration.gateway.city;
  settings.gateway = configuration.gateway.id;
  settings.mqtt = mqtt_settings_of(
      platform, "bornier-" + configuration.gateway.city + "-" + configuration.gateway.id, "link");
  settings.delivery.confirmed_by = platform.confirm == Confirm::broker
                                       ? delivery::ConfirmedBy::broker
                                       : delivery::ConfirmedBy::platform;
  settings.delivery.backlog_rate = platform.backlog_rate;
  settings.delivery.batch_every = platform.batch_every;
  return settings;
}

auto local_settings(const Configuration& configuration) -> LocalPublisher::Settings {
  const auto& local = *configuration.local;
  LocalPublisher::Settings settings;
  settings.mqtt = mqtt_settings_of(
      local, "bornier-" + configuration.gateway.city + "-" + configuration.gateway.id + "_local",
      "local");
  settings.topic = local.topic;
  settings.retain = local.retain;
  return settings;
}

auto microseconds_of(std::optional<reading::Instant::duration> time) -> std::uint32_t {
  return time ? static_cast<std::uint32_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(*time).count())
              : 0;
}

auto units_of(const modbus::UnitsHealth& units) -> std::vector<batch::UnitStatus> {
  std::vector<batch::UnitStatus> list;
  for (const auto& [id, unit] : units) {
    list.push_back({.unit_id = id,
                    .requests = unit.requests,
                    .answers = unit.answers,
                    .timeouts = unit.timeouts,
                    .damaged = unit.damaged,
                    .foreign = unit.foreign,
                    .late = unit.late,
                    .exceptions = unit.exceptions,
                    .latency_50_us = microseconds_of(unit.latencies.percentile(500)),
                    .latency_99_us = microseconds_of(unit.latencies.percentile(990))});
  }
  return list;
}

}  // namespace

Daemon::Daemon(boost::asio::any_io_executor executor, std::filesystem::path file,
               Configuration configuration, TrustedClock clock, buffer::Store store,
               const std::vector<batch::Registered::Numbers>& numbers,
               const std::vector<buffer::Memo>& memos)
    : executor_{std::move(executor)},
      file_{std::move(file)},
      configuration_{std::move(configuration)},
      clock_{std::move(clock)},
      started_{clock_.clock().now()},
      looked_{started_},
      keeper_{executor_, keeper_settings(configuration_), clock_, std::move(store)},
      collector_{keeper_.pending(), [this] { keeper_.wake(); }},
      polling_{
          executor_, clock_, collector_,
          [this](const BusSettings& bus) { return make_line(executor_, clock_.clock(), bus); }},
      mqtt_{executor_, clock_, collector_, [this] { return keeper_.is_behind(); }},
      pulse_meters_{collector_},
      watch_wakeup_{executor_, clock_.clock()},
      stop_wakeup_{executor_, clock_.clock()},
      reload_wakeup_{executor_, clock_.clock()},
      health_wakeup_{executor_, clock_.clock()},
      local_commands_{executor_,        configuration_, clock_,
                      polling_.buses(), collector_,     [this] { return report(); }} {
  polling_.change(plan_reload({}, configuration_), configuration_, numbers,
                  load_refusals(configuration_.gateway.state_directory, configuration_.meters),
                  memos);
  health_.change(configuration_, numbers, buses_health());
  mqtt_.change(configuration_, mqtt_numbers(configuration_, numbers), memos);
  change_pulse_meters(numbers);
  Keeper::Outlet outlet;
  if (configuration_.platform) {
    courier_ = std::make_unique<Courier>(executor_, courier_settings(configuration_), clock_,
                                         keeper_, seed());
    courier_->set_status_source([this](batch::Status& status) { fill(status); });
    outlet.sealed = [this](const buffer::Sealed& batches) { courier_->sealed(batches); };
    outlet.backlog = [this] { return courier_->not_yet_sent(); };
  }
  if (configuration_.local) {
    local_ = std::make_unique<LocalPublisher>(executor_, local_settings(configuration_),
                                              clock_.clock(), seed());
    local_->add_names(registrations(configuration_), numbers);
    outlet.accepted = [this](const reading::Entries& entries, bool trusted) {
      local_->accepted(entries, trusted);
    };
  }
  keeper_.set_outlet(std::move(outlet));
}

Daemon::~Daemon() = default;

void Daemon::start() {
  collector_.event(reading::EventKind::gateway_started, std::nullopt, 0, version, clock_.moment());
  collector_.event(reading::EventKind::configuration_loaded, std::nullopt, 0, configuration_.digest,
                   clock_.moment());
  io::spawn(executor_, keeper_.commit_for_ever(), "commit");
  io::spawn(executor_, deliver(), "delivery");
  if (local_) {
    io::spawn(executor_, local_->publish_for_ever(), "local broker");
  }
  polling_.start();
  mqtt_.start();
  io::spawn(executor_, reload_for_ever(), "reload");
  open_local_socket();
  io::spawn(executor_, watch_for_ever(), "watch");
  io::spawn(executor_, report_health_for_ever(), "bus health");
  if (const auto interval = io::watchdog_interval()) {
    io::spawn(executor_, beat_for_ever(*interval), "watchdog");
  }
}

/// What a meter has answered is on disk before the program ends: polling stops first, then what
/// waits is kept.
auto Daemon::stop() -> boost::asio::awaitable<void> {
  stopping_ = true;
  polling_.stop();
  mqtt_.stop();
  const auto patience = clock_.clock().now().instant + longest_stop;
  while (!(polling_.has_ended() && mqtt_.has_ended()) && clock_.clock().now().instant < patience) {
    co_await stop_wakeup_.wait(clock_.clock().now().instant + milliseconds{5});
  }
  co_await keeper_.flush();
  co_await keep_refusals();
  if (courier_) {
    co_await courier_->say_goodbye();
  }
  if (local_) {
    co_await local_->say_goodbye();
  }
}

/// What an earlier run left comes before what this one seals: delivery takes numbers in order.
/// Polling does not wait for it.
auto Daemon::deliver() -> boost::asio::awaitable<void> {
  if (courier_) {
    co_await courier_->load();
    io::spawn(executor_, courier_->listen_for_ever(), "link");
  }
  io::spawn(executor_, keeper_.seal_for_ever(), "seal");
  if (courier_) {
    co_await courier_->send_for_ever();
  }
}

void Daemon::open_local_socket() {
  const auto path = configuration_.gateway.state_directory / socket_name;
  auto socket = io::LocalSocket::open(executor_, path.string());
  if (!socket) {
    spdlog::error("status: {}: {}; `bornier status` and `bornier write` will not work",
                  path.string(), socket.error().message());
    return;
  }
  local_socket_ = std::move(*socket);
  io::spawn(executor_, local_socket_->serve([this](std::string request) {
    return local_commands_.answer(std::move(request));
  }),
            "local socket");
}

auto Daemon::watch_for_ever() -> boost::asio::awaitable<void> {
  for (;;) {
    co_await watch_clock();
    co_await watch_disk();
    co_await keep_refusals();
    co_await watch_wakeup_.wait(clock_.clock().now().instant + watch_every);
  }
}

auto Daemon::buses_health() const -> BusHealthPoints::Buses {
  BusHealthPoints::Buses buses;
  for (const auto& bus : polling_.buses()) {
    buses.push_back(
        {.occupancy_permille = bus->occupancy_permille(), .units = &bus->reader().figures().units});
  }
  return buses;
}

/// At wall-clock marks.
auto Daemon::report_health_for_ever() -> boost::asio::awaitable<void> {
  while (!stopping_) {
    const auto now = clock_.clock().now();
    const auto every = configuration_.gateway.bus_health_every;
    if (every.count() == 0) {
      co_await health_wakeup_.wait(now.instant + until_it_is_asked_for);
      continue;
    }
    const auto mark = now.stamp + every - now.stamp.time_since_epoch() % every;
    co_await health_wakeup_.wait(now.instant + (mark - now.stamp));
    if (!stopping_ && clock_.clock().now().stamp >= mark) {
      collector_.measured(health_.take(buses_health()), clock_.moment());
    }
  }
}

/// Waits for nothing else: a disk that stalls is no reason to be killed, with what waits in memory.
auto Daemon::beat_for_ever(reading::Instant::duration interval) -> boost::asio::awaitable<void> {
  Wakeup pause{executor_, clock_.clock()};
  for (;;) {
    io::notify_watchdog();
    co_await pause.wait(clock_.clock().now().instant + interval);
  }
}

/// Counting takes longer the longer the backlog: at most a fiftieth of the time goes into it.
auto Daemon::watch_disk() -> boost::asio::awaitable<void> {
  if (clock_.clock().now().instant < next_look_at_disk_) {
    co_return;
  }
  const auto figures = co_await keeper_.buffer().figures();
  if (figures) {
    disk_ = *figures;
    next_look_at_disk_ = clock_.clock().now().instant + 50 * figures->counted_for;
  }
}

void Daemon::hear_of_refusals() {
  for (const auto& bus : polling_.buses()) {
    refusals_to_keep_ = bus->take_news() || refusals_to_keep_;
  }
}

auto Daemon::keep_refusals() -> boost::asio::awaitable<void> {
  hear_of_refusals();
  RefusalsByMeter refusals;
  for (const auto& bus : polling_.buses()) {
    for (std::size_t meter = 0; meter < bus->meters().size(); ++meter) {
      refusals[bus->meters()[meter].settings->id] = bus->refusals(meter);
    }
  }
  if (!std::exchange(refusals_to_keep_, false)) {
    co_return;
  }
  auto kept = keeper_.buffer().replace_file(configuration_.gateway.state_directory / refusals_file,
                                            refusals_text(refusals, configuration_.meters));
  const auto outcome = co_await std::move(kept);
  if (!outcome) {
    spdlog::warn("{}; what meters refuse is found out again after the next start", outcome.error());
  }
}

auto Daemon::watch_clock() -> boost::asio::awaitable<void> {
  const auto now = clock_.clock().now();
  const auto step = io::clock_step(std::exchange(looked_, now), now, clock_step_threshold);
  if (step) {
    spdlog::warn(
        "clock: moved by {} ms; readings before and after it keep the times they were taken with",
        step->count());
    collector_.event(reading::EventKind::clock_step, std::nullopt, step->count(), {},
                     clock_.moment());
    reload_wakeup_.notify();  // another period may be in force
  }
  if (!clock_.became_trusted()) {
    co_return;
  }
  const auto at = clock_.for_buffer();
  spdlog::info("clock: now trusted; what was read before gets its times");
  const auto dated = co_await keeper_.buffer().redate(at.boot_id, at.utc_offset());
  if (!dated) {
    end_if_unusable(dated.error());
    spdlog::error(
        "buffer: {}; readings from before the clock was right are dated by the next commit",
        buffer::to_text(dated.error()));
  }
  collector_.event(reading::EventKind::clock_trusted, std::nullopt, 0, {}, clock_.moment());
  keeper_.seal_soon();
}

void Daemon::fill(batch::Status& status) {
  status.version = version;
  status.started = started_.stamp;
  status.oldest_held = disk_.oldest_held;
  status.buffer_bytes = disk_.used_bytes;
  status.readings_taken = collector_.readings_taken();
  for (const auto& [number, meter] : collector_.meters()) {
    ++(meter.state == reading::Acquisition::ok ? status.meters_ok : status.meters_silent);
  }
  for (const auto& bus : polling_.buses()) {
    const auto& figures = bus->reader().figures();
    status.buses.push_back({.name = bus->reader().settings().name,
                            .up = bus->reader().line().is_open(),
                            .occupancy_permille = bus->occupancy_permille(),
                            .requests = figures.requests,
                            .answers = figures.answers,
                            .exceptions = figures.exceptions,
                            .timeouts = figures.timeouts,
                            .damaged = figures.damaged,
                            .foreign = figures.foreign,
                            .hints = hints_of(*bus),
                            .units = units_of(figures.units)});
  }
  for (const auto& broker : mqtt_.brokers()) {
    batch::BusStatus part;
    part.name = broker->settings().name;
    part.up = broker->is_connected();
    part.answers = broker->figures().messages;
    for (std::size_t meter = 0; meter < broker->meters().size(); ++meter) {
      const auto& figures = broker->intake(meter).figures();
      part.damaged += figures.broken;
      if (!figures.problem.empty() && part.hints.size() < most_hints) {
        part.hints.push_back(broker->meters()[meter].settings->id + ": " + figures.problem);
      }
    }
    status.buses.push_back(std::move(part));
  }
}

auto Daemon::report() -> std::string {
  StatusSources sources{.configuration = configuration_,
                        .clock = clock_,
                        .started = started_,
                        .keeper = keeper_,
                        .disk = disk_,
                        .collector = collector_,
                        .buses = polling_.buses(),
                        .brokers = mqtt_.brokers(),
                        .pulse_meters = pulse_meters_.numbers(),
                        .courier = courier_.get(),
                        .local = local_.get(),
                        .reload = last_reload_};
  return status_report(sources);
}

}  // namespace bornier::app
