// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration.hpp"

/// What differs between the configuration that runs and the one that shall, and what that means.
namespace bornier::app {

/// What outlives the change of a bus is of a meter; each includes those before it.
enum class Kept : std::uint8_t {
  nothing,   ///< it is new, or of another model
  refusals,  ///< the model: what the meter refuses is known
  view,      ///< the device and its points: what they showed last
  schedule,  ///< all that concerns how it is read: the marks that it was read at
};

/// A meter of the new configuration.
struct MeterChange {
  std::optional<std::size_t> before;  ///< the running meter with this id
  Kept kept{};
  bool described_anew{};  ///< name, code, labels or date of installation differ
  friend auto operator==(const MeterChange&, const MeterChange&) -> bool = default;
};

/// A bus of the new configuration.
struct BusChange {
  /// The running bus that goes on, or the one at the same place whose place it takes.
  std::optional<std::size_t> before;
  bool goes_on{};     ///< neither its settings nor its meters differ: it is not disturbed
  bool keeps_line{};  ///< the line or connection of `before` serves on
  friend auto operator==(const BusChange&, const BusChange&) -> bool = default;
};

struct ReloadPlan {
  std::vector<BusChange> buses;     ///< parallel to the new buses
  std::vector<MeterChange> meters;  ///< parallel to the new meters
  std::vector<std::size_t> ended;   ///< running buses that do not go on
  friend auto operator==(const ReloadPlan&, const ReloadPlan&) -> bool = default;
};

/// A bus goes on if its settings and, by their ids in whatever order, its meters are the same; it
/// is begun again if any of that differs.
[[nodiscard]] auto plan_reload(const Configuration& running, const Configuration& wanted)
    -> ReloadPlan;

/// What cannot change while the gateway runs ([gateway] but for timezone and models, [buffer],
/// [platform], [local]) gets its running value in `wanted`. Returns the keys that differ, such as
/// "[platform] broker".
[[nodiscard]] auto keep_until_next_start(const Configuration& running, Configuration& wanted)
    -> std::vector<std::string>;

/// A model with the same content as a running one becomes that one: it is held once.
void share_models(const Configuration& running, Configuration& wanted);

/// For the log, one line: which buses are new, begun again or ended, which meters differ.
[[nodiscard]] auto summary_of(const ReloadPlan& plan, const Configuration& running,
                              const Configuration& wanted) -> std::string;

}  // namespace bornier::app
