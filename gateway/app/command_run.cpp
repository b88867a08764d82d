// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/daemon.hpp"
#include "app/memory.hpp"
#include "app/registrations.hpp"
#include "app/version.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

auto open_store(const Configuration& configuration, const TrustedClock& clock)
    -> buffer::Result<buffer::Store> {
  std::random_device device;
  const auto random = (static_cast<std::uint64_t>(device()) << 32U) | device();
  buffer::Settings settings;
  settings.directory = configuration.gateway.state_directory;
  settings.city = configuration.gateway.city;
  settings.gateway = configuration.gateway.id;
  settings.max_bytes = configuration.buffer.max_bytes;
  settings.max_age = configuration.buffer.max_age;
  settings.keep_confirmed = configuration.buffer.keep_confirmed;
  return buffer::Store::open(std::move(settings), clock.for_buffer(), random);
}

void say_how_opened(const buffer::Store& store) {
  const auto stream = batch::to_text(store.stream());
  switch (store.opened().how) {
    case buffer::Opened::How::fresh: spdlog::info("buffer: a new one, stream {}", stream); break;
    case buffer::Opened::How::existing:
      spdlog::info("buffer: stream {}, newest batch {}", stream, store.newest().value());
      break;
    case buffer::Opened::How::salvaged:
      spdlog::error("buffer: {}; the damaged file is kept as {}; stream {} begins",
                    store.opened().explanation, store.opened().set_aside.string(), stream);
      break;
  }
}

auto serve(boost::asio::io_context& context, Daemon& daemon) -> boost::asio::awaitable<void> {
  daemon.start();
  io::notify_ready();
  const int signal = co_await io::stop_requested();
  spdlog::info("stopping on signal {}", signal);
  io::notify_stopping();
  co_await daemon.stop();
  context.stop();
}

auto follow(io::Hangups& hangups, Daemon& daemon) -> boost::asio::awaitable<void> {
  for (;;) {
    co_await hangups.next();
    daemon.reload_soon();
  }
}

/// What has to be known again of meters.
auto memos_of(buffer::Store& store, const Configuration& configuration)
    -> std::vector<buffer::Memo> {
  std::vector<std::string> keys;
  for (const auto& meter : configuration.meters) {
    if (meter.model->event_log) {
      keys.push_back(event_log_key(meter));
    }
    if (auto key = counters_key(meter)) {
      keys.push_back(*std::move(key));
    }
  }
  for (const auto& meter : configuration.mqtt_meters) {
    keys.push_back(memo_key(meter));
    keys.push_back(counters_key(meter));
  }
  for (const auto& broker : configuration.brokers) {
    keys.push_back(filters_key(broker.name));
  }
  const auto forgotten = store.forget_memos_except(keys);
  auto memos = store.memos();
  if (!forgotten || !memos) {
    spdlog::warn(
        "buffer: {}; messages that brokers send again and events of meters' logs may be taken "
        "twice, and a counter that fell while the gateway was away is not noticed",
        buffer::to_text(memos ? forgotten.error() : memos.error()));
  }
  return memos ? *std::move(memos) : std::vector<buffer::Memo>{};
}

auto run_gateway(const std::string& file) -> int {
  keep_memory_small();
  boost::asio::io_context context{1};
  io::Hangups hangups{context.get_executor()};
  auto configuration = load_or_complain(file);
  if (!configuration) {
    return 1;
  }
  spdlog::info("bornier {}: gateway {} of {}, {} meters on {} buses, {} at {} brokers", version,
               configuration->gateway.id, configuration->gateway.city, configuration->meters.size(),
               configuration->buses.size(), configuration->mqtt_meters.size(),
               configuration->brokers.size());
  TrustedClock clock{configuration->gateway.clock};
  if (!clock.is_trusted()) {
    spdlog::warn(
        "clock: neither synchronised nor backed by a real-time clock; readings wait until it is, "
        "and are dated "
        "then (clock = \"system\" in [gateway] trusts it as it is)");
  }
  auto store = open_store(*configuration, clock);
  if (!store) {
    spdlog::critical("buffer: {}", buffer::to_text(store.error()));
    return 1;
  }
  say_how_opened(*store);
  const auto now = clock.clock().now().stamp;
  choose_periods(*configuration, now);
  const auto registered = store->register_meters(registrations(*configuration), now);
  if (!registered) {
    spdlog::critical("buffer: {}", buffer::to_text(registered.error()));
    return 1;
  }
  const auto memos = memos_of(*store, *configuration);
  Daemon daemon{
      context.get_executor(), file, std::move(*configuration), std::move(clock), std::move(*store),
      registered->numbers,    memos};
  io::spawn(context.get_executor(), serve(context, daemon), "main");
  io::spawn(context.get_executor(), follow(hangups, daemon), "hangups");
  // Reading the configuration takes several times the memory of what comes of it.
  return_unused_memory();
  context.run();
  return 0;
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  const auto file = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("run", "The gateway: reads, keeps and delivers until it is told to stop");
  add_configuration_option(*command, *file);
  command->footer("Example: bornier run -c /etc/bornier/gateway.toml");
  command->callback([file, &chosen] { chosen = [file] { return run_gateway(*file); }; });
}

}  // namespace bornier::app
