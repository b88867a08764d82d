// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "app/configuration.hpp"
#include "batch/catalog.hpp"

namespace bornier::app {

/// What the configuration is in the catalog, without numbers, which batch::register_meters gives:
/// the meters on buses, the buses if they have points, the meters that speak MQTT, those whose
/// pulses other devices count, as their periods in force have it.
[[nodiscard]] auto registrations(const Configuration& configuration)
    -> std::vector<batch::Registration>;

/// Of the numbers of registrations(), those of the meters that speak MQTT. After the points that
/// are kept stands `arrival_delay` where the messages of a meter may state their own time. Looks
/// into `numbers`.
[[nodiscard]] auto mqtt_numbers(const Configuration& configuration,
                                const std::vector<batch::Registered::Numbers>& numbers)
    -> std::span<const batch::Registered::Numbers>;

/// And those of the meters whose pulses other devices count.
[[nodiscard]] auto pulse_numbers(const Configuration& configuration,
                                 const std::vector<batch::Registered::Numbers>& numbers)
    -> std::span<const batch::Registered::Numbers>;

}  // namespace bornier::app
