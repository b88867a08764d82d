// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/model.hpp"
#include "reading/decimal.hpp"
#include "simulator/recording.hpp"

namespace bornier::simulator {

/// A load that wanders and repeats after some hundred rows, the same for the same seed. Powers,
/// currents and flows follow it; counters rise by what they would have measured; voltages and the
/// like stay near their usual value. Points that no rule fits are left out.
class Load {
 public:
  /// `wanted`: by point, which to make up.
  Load(const model::Model& model, const model::Settings& settings, const std::vector<bool>& wanted,
       std::uint32_t seed, std::chrono::milliseconds row_every);

  [[nodiscard]] auto at(std::uint64_t row) const -> Row;

 private:
  struct Rule {
    std::size_t point{};
    /// At full load, or of a counter what an hour of it adds; exponent -3 or more.
    reading::Decimal nominal;
    bool counter{};
    bool follows_load{};
  };

  std::vector<Rule> rules_;
  std::chrono::milliseconds row_every_;
  std::vector<std::int64_t> load_;    ///< of each row of the cycle, in thousandths
  std::vector<std::int64_t> before_;  ///< sum of the rows before it; one more than rows
};

}  // namespace bornier::simulator
