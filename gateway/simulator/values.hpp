// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/encode.hpp"
#include "model/model.hpp"
#include "reading/decimal.hpp"
#include "wire/result.hpp"

/// What simulated meters measure, row by row.
namespace bornier::simulator {

/// column × factor = point: "Global_active_power*1000=power_active". Without a factor: 1.
struct Mapping {
  std::string column;
  reading::Decimal factor{1, 0};
  std::string point;
  friend auto operator==(const Mapping&, const Mapping&) -> bool = default;
};
/// The error says what is wrong with the text.
[[nodiscard]] auto parse_mapping(std::string_view text) -> wire::Result<Mapping, std::string>;

/// left × right with all digits; `nothing` where they do not fit.
[[nodiscard]] auto multiply_exactly(reading::Decimal left, reading::Decimal right) noexcept
    -> std::optional<reading::Decimal>;

/// Values by point (indexes into Model::points).
using Row = std::vector<std::pair<std::size_t, model::PointValue>>;

/// Recorded rows. The cells of a CSV are taken digit by digit; an empty one or "?" is absent.
class Recording {
 public:
  /// `csv`: a header line, then a line a row; separated by ';', tab or ',' (the first of these that
  /// the header contains), no quoting. The error names line and column.
  [[nodiscard]] static auto from_csv(std::string_view csv, const std::vector<Mapping>& mappings,
                                     const model::Model& model)
      -> wire::Result<Recording, std::string>;

  [[nodiscard]] auto size() const noexcept -> std::size_t { return rows_.size(); }
  /// `row` < size().
  [[nodiscard]] auto operator[](std::size_t row) const -> const Row& { return rows_[row]; }

 private:
  std::vector<Row> rows_;  ///< never empty
};

/// A load that wanders, the same for the same seed. Powers, currents and flows follow it; counters
/// rise by what they would have measured; the rest stays near its usual value. Points that no rule
/// fits are left out.
class Load {
 public:
  Load(const model::Model& model, const model::Settings& settings, std::uint32_t seed,
       std::chrono::milliseconds row_every);

  /// Rows may only rise from call to call; those skipped are accounted in the counters.
  [[nodiscard]] auto at(std::uint64_t row) -> Row;

 private:
  struct Rule {
    std::size_t point{};
    /// At full load, in thousandths of the point's unit; of a counter, what an hour adds.
    std::int64_t nominal{};
    bool counter{};
    bool follows_load{};
  };

  std::vector<Rule> rules_;
  std::uint32_t seed_;
  std::chrono::milliseconds row_every_;
  std::uint64_t next_row_{};
  std::uint64_t load_sum_{};  ///< of the load of all rows before next_row_, in thousandths
};

}  // namespace bornier::simulator
