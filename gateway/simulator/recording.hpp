// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/encode.hpp"
#include "model/model.hpp"
#include "reading/decimal.hpp"
#include "wire/result.hpp"

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

/// left × right with all digits; nothing where they do not fit.
[[nodiscard]] auto multiply_exactly(reading::Decimal left, reading::Decimal right) noexcept
    -> std::optional<reading::Decimal>;

/// Values by point (indexes into Model::points).
using Row = std::vector<std::pair<std::size_t, model::PointValue>>;

/// Whether the point's values are texts: `encode` wants no Decimal then.
[[nodiscard]] inline auto takes_text(const model::Point& point) -> bool {
  return point.conversions.empty() && point.parts.empty();
}

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

}  // namespace bornier::simulator
