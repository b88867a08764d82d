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
    } else {
      co_await reload_wakeup_.wait(clock_.clock().now().instant + until_it_is_asked_for);
    }
  }
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
