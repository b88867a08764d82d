// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/daemon.hpp"
#include "app/memory.hpp"
#include "app/registrations.hpp"
#include "app/reload_plan.hpp"
#include "io/signals.hpp"

namespace bornier::app {
namespace {

constexpr std::size_t most_mistakes_logged = 100;

}  // namespace

void Daemon::reload_soon() {
  reload_asked_ = true;
  reload_wakeup_.notify();
}

auto Daemon::reload_for_ever() -> boost::asio::awaitable<void> {
  while (!stopping_) {
    if (std::exchange(reload_asked_, false)) {
      co_await reload();
      return_unused_memory();
      continue;
    }
    co_await turn_periods();
    const auto now = clock_.clock().now();
    auto pause = reading::Instant::duration{until_it_is_asked_for};
    if (const auto next = next_period(configuration_, now.stamp)) {
      pause = std::min<reading::Instant::duration>(pause, *next - now.stamp);
    }
    if (!reload_asked_) {
      co_await reload_wakeup_.wait(now.instant + pause);
    }
  }
}

auto Daemon::turn_periods() -> boost::asio::awaitable<void> {
  const auto changed = choose_periods(configuration_, clock_.clock().now().stamp);
  if (changed.empty()) {
    co_return;
  }
  auto registering =
      keeper_.buffer().register_meters(registrations(configuration_), clock_.clock().now().stamp);
  const auto registered = co_await std::move(registering);
  if (!registered) {
    if (registered.error().fault != buffer::Fault::catalog_full) {
      end_if_unusable(registered.error());
    }
    spdlog::error(
        "pulse meters: {}; those of which a new period has begun give no index until "
        "the gateway is reloaded; their pulses are kept",
        buffer::to_text(registered.error()));
    co_return;
  }
  if (courier_ && registered->changed) {
    co_await courier_->publish_catalog();
  }
  change_pulse_meters(registered->numbers);
  if (local_) {
    local_->add_names(registrations(configuration_), registered->numbers);
  }
  for (const auto* meter : changed) {
    spdlog::info("meter {}: another period has begun: {}", meter->id, period_of(*meter).text);
  }
}

void Daemon::change_pulse_meters(const std::vector<batch::Registered::Numbers>& numbers) {
  PulseMeters::Devices devices;
  for (const auto& bus : polling_.buses()) {
    for (const auto& meter : bus->meters()) {
      devices.emplace(meter.settings->id, meter.number);
    }
  }
  for (const auto& broker : mqtt_.brokers()) {
    for (const auto& meter : broker->meters()) {
      devices.emplace(meter.settings->id, meter.number);
    }
  }
  pulse_meters_.change(configuration_, pulse_numbers(configuration_, numbers), devices,
                       clock_.moment());
}

/// Files are read on a thread of their own: marks are kept meanwhile, whatever the card does.
auto Daemon::reload() -> boost::asio::awaitable<void> {
  loader_.emplace();
  auto load = [file = file_] { return load_configuration(file); };
  auto loading = loader_->run(std::move(load));
  auto loaded = co_await std::move(loading);
  loader_.reset();
  if (stopping_) {
    co_return;
  }
  if (loaded) {
    co_await apply(std::move(*loaded));
    co_return;
  }
  const auto& mistakes = loaded.error();
  for (std::size_t index = 0; index < std::min(mistakes.size(), most_mistakes_logged); ++index) {
    spdlog::error("{}", to_text(mistakes[index]));
  }
  refuse_reload(std::to_string(mistakes.size()) + " mistake(s), the first of them " +
                to_text(mistakes.front()));
}

/// First the catalog, which may fail and would change nothing; then the buses that change end; then
/// all that is new takes its place at once, between two turns of everybody else.
auto Daemon::apply(Configuration wanted) -> boost::asio::awaitable<void> {
  const auto later = keep_until_next_start(configuration_, wanted);
  share_models(configuration_, wanted);
  choose_periods(wanted, clock_.clock().now().stamp);
  const auto plan = plan_reload(configuration_, wanted);
  auto entries = registrations(wanted);
  auto registering =
      keeper_.buffer().register_meters(std::move(entries), clock_.clock().now().stamp);
  const auto registered = co_await std::move(registering);
  if (!registered) {
    if (registered.error().fault != buffer::Fault::catalog_full) {
      end_if_unusable(registered.error());
    }
    refuse_reload(buffer::to_text(registered.error()));
    co_return;
  }
  if (courier_ && registered->changed) {
    co_await courier_->publish_catalog();
  }
  co_await polling_.end(plan.ended);
  const auto brokers_ended = co_await mqtt_.end_what_differs(wanted);
  if (stopping_) {
    co_return;
  }
  hear_of_refusals();
  auto summary = summary_of(plan, configuration_, wanted);
  for (const auto& broker : brokers_ended) {
    summary += "; broker " + broker + " ended or begun again";
  }
  polling_.change(plan, wanted, registered->numbers);
  health_.change(wanted, registered->numbers, buses_health());
  mqtt_.change(wanted, mqtt_numbers(wanted, registered->numbers));
  if (local_) {
    local_->add_names(registrations(wanted), registered->numbers);
  }
  configuration_ = std::move(wanted);
  change_pulse_meters(registered->numbers);
  health_wakeup_.notify();
  polling_.start();
  mqtt_.start();
  collector_.event(reading::EventKind::configuration_loaded, std::nullopt, 0, configuration_.digest,
                   clock_.moment());
  for (const auto& key : later) {
    spdlog::warn("configuration: {} changed; takes effect at the next start", key);
    summary += "; " + key + " takes effect at the next start";
  }
  spdlog::info("configuration: {} is read again: {}", file_.string(), summary);
  io::notify_status("configuration: read again");
  last_reload_ =
      ReloadView{.time = clock_.clock().now().stamp, .applied = true, .result = std::move(summary)};
}

void Daemon::refuse_reload(std::string reason) {
  spdlog::error(
      "configuration: nothing is changed, what was loaded before goes on; correct {} (`bornier "
      "check` shows what is wrong) and reload again",
      file_.string());
  io::notify_status("configuration: not reloaded, nothing is changed: " + reason);
  last_reload_ =
      ReloadView{.time = clock_.clock().now().stamp, .applied = false, .result = std::move(reason)};
}

}  // namespace bornier::app
