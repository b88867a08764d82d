// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/decode.hpp"
#include "model/model.hpp"

/// How far registers look like what a model says they hold. Evidence is counted in bits: a value
/// that one in 2^n contents of its registers would give speaks for the model with n bits.
namespace bornier::model {

enum class Judgement : std::uint8_t {
  nothing,         ///< not read, not available, or a content that is common anyway
  speaks_for,      ///< lies where values of its kind lie
  speaks_against,  ///< no meter shows that
};

struct Evidence {
  Judgement judgement{};
  double bits{};  ///< for the model; below 0 against it
};

/// The most that a plausible value of the point can tell, in bits; 0 of points that tell nothing
/// (derived ones, settings, states, bits).
[[nodiscard]] auto telling_bits(const Point& point, const Settings& settings) -> double;

/// The points that tell most, at most twelve, in the order of the model.
[[nodiscard]] auto telling_points(const Model& model, const Settings& settings)
    -> std::vector<std::size_t>;

/// What the blocks say about one of the telling points.
[[nodiscard]] auto evidence_of(const Model& model, const Settings& settings, std::size_t point,
                               std::span<const RegisterBlock> blocks) -> Evidence;

}  // namespace bornier::model
