// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/decode.hpp"
#include "model/model.hpp"

namespace bornier::model {

/// What a meter shows, to be judged, not to be kept: therefore in binary floating point.
struct Shown {
  double value{};
  double step{};  ///< of the last digit that the meter gave
};
using MaybeShown = std::optional<Shown>;

/// What a meter says of one phase, as far as its model and its answers go.
struct PhaseValues {
  MaybeShown voltage;       ///< V, against neutral
  MaybeShown current;       ///< A
  MaybeShown active;        ///< W, drawn is positive
  MaybeShown reactive;      ///< var, inductive and drawn is positive
  MaybeShown apparent;      ///< V.A
  MaybeShown power_factor;  ///< its sign means other things with other makers
};

/// What a meter says of a three-phase supply at one time.
struct ThreePhases {
  std::array<PhaseValues, 3> phases;
  std::array<MaybeShown, 3> line_voltages;  ///< V: L1-L2, L2-L3, L3-L1
  MaybeShown active;                        ///< W, of all phases
  MaybeShown ct_primary;                    ///< A, as set in the meter
  MaybeShown ct_secondary;                  ///< A, likewise
  std::string rotation;                     ///< label of the register that tells it, or empty
};

/// The label of a code list that tells the phase rotation means "not L1-L2-L3".
[[nodiscard]] auto is_left_rotation(std::string_view label) -> bool;

/// The model's points that three_phases() can use; none for a meter that has not three phases.
[[nodiscard]] auto points_of_three_phases(const Model& model) -> std::vector<std::size_t>;

/// Nothing for a model without three phases. Points without a value, or in a unit that is not the
/// dictionary's, are left out; of two points of one quantity and phase the first counts.
[[nodiscard]] auto three_phases(const Model& model, const Settings& settings,
                                std::span<const Decoded> decoded) -> std::optional<ThreePhases>;

}  // namespace bornier::model
