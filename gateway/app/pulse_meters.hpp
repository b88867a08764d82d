// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/collector.hpp"
#include "app/configuration.hpp"
#include "batch/catalog.hpp"
#include "reading/time.hpp"

/// Meters whose pulses other devices count, and the times from which their pulses are worth
/// something else.
namespace bornier::app {

/// In each meter the period in force: the newest that has begun, or the first while none has.
/// Returns those of which that is another one than before.
auto choose_periods(Configuration& configuration, reading::Stamp now)
    -> std::vector<const PulseMeterSettings*>;

/// When the next period begins; nothing if none is to come.
[[nodiscard]] auto next_period(const Configuration& configuration, reading::Stamp now)
    -> std::optional<reading::Stamp>;

[[nodiscard]] inline auto period_of(const PulseMeterSettings& meter) -> const PulsePeriod& {
  return meter.periods.at(meter.period);
}

[[nodiscard]] auto device_of(const Configuration& configuration, const PulseMeterSettings& meter)
    -> const MeteringPoint&;

/// What such a meter is in the catalog.
[[nodiscard]] auto registration_of(const PulseMeterSettings& meter) -> batch::Registration;

/// Such meters in the collector.
class PulseMeters {
 public:
  /// Of each device on a bus or broker, by its id, its number in the collector.
  using Devices = std::map<std::string, std::size_t>;

  /// Borrowed.
  explicit PulseMeters(Collector& collector) : collector_{collector} {}

  /// `numbers` are those of the configuration's pulse meters in the catalog, in their order, for
  /// the periods that are in force in it.
  void change(const Configuration& configuration,
              std::span<const batch::Registered::Numbers> numbers, const Devices& devices,
              const Collector::Moment& at);

  /// Numbers in the collector, by id.
  [[nodiscard]] auto numbers() const noexcept -> const std::map<std::string, std::size_t>& {
    return numbers_;
  }

 private:
  /// What has other numbers in the catalog shows nothing of what it was.
  [[nodiscard]] auto number_of(const std::string& id, const batch::Registered::Numbers& numbers)
      -> std::size_t;

  Collector& collector_;
  std::map<std::string, std::size_t> numbers_;
};

}  // namespace bornier::app
