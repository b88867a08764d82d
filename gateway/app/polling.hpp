// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/bus_poller.hpp"
#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "app/refusals_file.hpp"
#include "app/reload_plan.hpp"
#include "app/trusted_clock.hpp"
#include "app/wakeup.hpp"
#include "batch/catalog.hpp"
#include "buffer/memo.hpp"
#include "io/line.hpp"

namespace bornier::app {

/// The pollers of all buses. Exchanges those that a new configuration changes; the others notice
/// nothing.
class Polling {
 public:
  using Buses = std::vector<std::unique_ptr<BusPoller>>;
  using Numbers = std::vector<batch::Registered::Numbers>;
  using LineMaker = std::function<std::unique_ptr<io::Line>(const BusSettings&)>;

  /// `clock` and `collector` are borrowed.
  Polling(boost::asio::any_io_executor executor, const TrustedClock& clock, Collector& collector,
          LineMaker make_line)
      : executor_{std::move(executor)},
        clock_{clock},
        collector_{collector},
        make_line_{std::move(make_line)},
        wakeup_{executor_, clock_.clock()} {}

  /// As `plan` says, from the buses of today to those of `wanted`; whatever the plan ends has ended
  /// (`end`). `numbers` are those of the meters in the catalog, parallel to them; `known` is what
  /// meters refused in an earlier run, `memos` what was remembered. What is new stands still until
  /// `start`.
  void change(const ReloadPlan& plan, const Configuration& wanted, const Numbers& numbers,
              const RefusalsByMeter& known = {}, const std::vector<buffer::Memo>& memos = {});
  /// Begins to poll what stands still.
  void start();
  /// Ends these buses: each after the poll, or the order, that is under way.
  [[nodiscard]] auto end(std::vector<std::size_t> buses) -> boost::asio::awaitable<void>;
  /// Ends all of them, for a stop: `has_ended` tells when.
  void stop();
  [[nodiscard]] auto has_ended() const -> bool;

  /// In the order of the configuration.
  [[nodiscard]] auto buses() const noexcept -> const Buses& { return buses_; }

 private:
  /// A meter of the buses before a change.
  struct Former {
    const BusPoller* poller{};
    std::size_t place{};   ///< in its meters()
    std::size_t number{};  ///< in the collector
  };
  using Formers = std::map<std::string, Former>;
  [[nodiscard]] auto formers() const -> Formers;
  /// The meters of `wanted` in the collector, each with what it goes on with.
  [[nodiscard]] auto take_over_meters(const ReloadPlan& plan, const Configuration& wanted,
                                      const Numbers& numbers, const RefusalsByMeter& known,
                                      const std::vector<buffer::Memo>& memos)
      -> std::vector<BusPoller::Meter>;

  boost::asio::any_io_executor executor_;
  const TrustedClock& clock_;
  Collector& collector_;
  LineMaker make_line_;
  Wakeup wakeup_;
  Buses buses_;
  std::vector<BusPoller*> standing_still_;
  std::map<std::string, std::string> logs_;  ///< EventLogWatch::memory of removed meters, by id
};

}  // namespace bornier::app
