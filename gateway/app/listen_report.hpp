// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/broker_configuration.hpp"
#include "app/configuration.hpp"
#include "app/output.hpp"
#include "intake/recognise.hpp"

/// How what came from a broker is told. Whatever a stranger sent is made fit for a terminal here.
namespace bornier::app {

struct ListenedDevice {
  intake::RecognisedDevice device;
  std::string meter;  ///< whose configuration it is already; empty: nobody's
};

struct ListenedStranger {
  intake::UnknownDevice device;
  std::string meter;
};

struct ListenReport {
  BrokerSettings broker;
  std::string name;                 ///< of the broker in the configuration; empty without one
  std::vector<std::string> in_use;  ///< ids that the configuration has
  std::vector<ListenedDevice> devices;
  std::vector<ListenedStranger> strangers;
  intake::RecognitionFigures figures;
};

/// What the recogniser has found out. `meters`: those of this broker that are configured.
[[nodiscard]] auto report_of(const intake::Recogniser& recogniser,
                             const std::vector<MqttMeterSettings>& meters) -> ListenReport;

/// Devices, then at most `most_strangers` of what no model reads.
[[nodiscard]] auto table_of(const ListenReport& report, std::size_t most_strangers) -> Table;

/// One [[mqtt]] and a [[mqtt.meter]] for each device that is not configured; for a broker of the
/// configuration the meters alone. About others comments. `check` accepts it behind a [gateway].
/// Empty if there is no such device.
[[nodiscard]] auto blocks_of(const ListenReport& report) -> std::string;

/// What has to be known about it, in sentences with their remedy. `dropped`: messages that came too
/// fast.
[[nodiscard]] auto remarks_of(const ListenReport& report, std::uint64_t dropped)
    -> std::vector<std::string>;

/// "shellies/3em: looks like shelly-3em", for the progress.
[[nodiscard]] auto line_of(const intake::RecognisedDevice& device) -> std::string;

/// The message, for people: time, topic, whether it was retained, payload.
[[nodiscard]] auto raw_line(std::string_view topic, std::span<const std::byte> payload,
                            bool retained, reading::Stamp now) -> std::string;

}  // namespace bornier::app
