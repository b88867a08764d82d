// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bus_health_points.hpp"
#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "app/courier.hpp"
#include "app/keeper.hpp"
#include "app/local_commands.hpp"
#include "app/local_publisher.hpp"
#include "app/mqtt_intakes.hpp"
#include "app/polling.hpp"
#include "app/pulse_meters.hpp"
#include "app/status_report.hpp"
#include "app/trusted_clock.hpp"
#include "batch/catalog.hpp"
#include "buffer/disk_thread.hpp"
#include "io/local_socket.hpp"

namespace bornier::app {

/// Name of the Unix socket in the state directory.
inline constexpr const char* socket_name = "bornier.sock";

/// A coroutine with nothing to do sleeps so long, unless it is woken.
inline constexpr std::chrono::hours until_it_is_asked_for{1};

/// A running gateway: buses report to the collector, the keeper puts on disk what it collects, the
/// courier takes it to the platform, the local publisher tells it to those nearby.
class Daemon {
 public:
  /// `configuration` was read from `file`, which `reload_soon` reads again. `store` is open and its
  /// catalog holds `registrations` of the configuration, in their order under `numbers`; `memos`
  /// are its own.
  Daemon(boost::asio::any_io_executor executor, std::filesystem::path file,
         Configuration configuration, TrustedClock clock, buffer::Store store,
         const std::vector<batch::Registered::Numbers>& numbers,
         const std::vector<buffer::Memo>& memos);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  auto operator=(const Daemon&) -> Daemon& = delete;

  /// Starts all that runs by itself. Once.
  void start();
  /// The configuration is read again, and what it changes is carried out, if it has no mistake.
  void reload_soon();
  /// What waits in memory goes to disk; the platform is told goodbye.
  [[nodiscard]] auto stop() -> boost::asio::awaitable<void>;

  /// The answer to `bornier status`: JSON on one line.
  [[nodiscard]] auto report() -> std::string;

 private:
  void open_local_socket();
  [[nodiscard]] auto beat_for_ever(reading::Instant::duration interval)
      -> boost::asio::awaitable<void>;
  [[nodiscard]] auto buses_health() const -> BusHealthPoints::Buses;
  [[nodiscard]] auto report_health_for_ever() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto watch_for_ever() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto deliver() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto watch_disk() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto watch_clock() -> boost::asio::awaitable<void>;
  /// What buses found out about refusals is kept for the next start.
  [[nodiscard]] auto keep_refusals() -> boost::asio::awaitable<void>;
  void hear_of_refusals();
  [[nodiscard]] auto reload_for_ever() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto reload() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto apply(Configuration wanted) -> boost::asio::awaitable<void>;
  /// Pulses are worth something else from now on: what changes is registered.
  [[nodiscard]] auto turn_periods() -> boost::asio::awaitable<void>;
  void change_pulse_meters(const std::vector<batch::Registered::Numbers>& numbers);
  /// The old configuration goes on, because of that.
  void refuse_reload(std::string reason);
  void fill(batch::Status& status);

  boost::asio::any_io_executor executor_;
  std::filesystem::path file_;
  Configuration configuration_;  ///< that runs
  TrustedClock clock_;
  reading::Now started_;
  reading::Now looked_;   ///< when the clock was last watched
  buffer::Figures disk_;  ///< as of the last look
  reading::Instant next_look_at_disk_;
  Keeper keeper_;
  Collector collector_;
  Polling polling_;
  MqttIntakes mqtt_;
  PulseMeters pulse_meters_;
  BusHealthPoints health_;
  std::unique_ptr<Courier> courier_;       ///< without a [platform] there is none
  std::unique_ptr<LocalPublisher> local_;  ///< without a [local] there is none
  Wakeup watch_wakeup_;
  Wakeup stop_wakeup_;
  Wakeup reload_wakeup_;
  Wakeup health_wakeup_;
  bool refusals_to_keep_ = false;
  bool reload_asked_ = false;
  bool stopping_ = false;
  std::optional<ReloadView> last_reload_;
  std::optional<buffer::DiskThread> loader_;  ///< while the configuration is read again
  LocalCommands local_commands_;
  std::unique_ptr<io::LocalSocket> local_socket_;
};

}  // namespace bornier::app
