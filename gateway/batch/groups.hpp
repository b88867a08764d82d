// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "reading/entries.hpp"

/// Which answers share columns: the groups of telemetry.proto.
namespace bornier::batch {

/// Identity and order of a column in its group: the point, a text column after a number column.
struct Column {
  reading::PointNumber point;
  bool text{};
  friend auto operator==(const Column&, const Column&) -> bool = default;
  friend auto operator<=>(const Column&, const Column&) = default;
};

/// One reading of an answer: either a number or a text.
struct Cell {
  Column column;
  const reading::Number* number{};
  const reading::Text* text{};
};

/// An answer that has readings; its cells ascend by column.
struct Row {
  reading::Stamp time;
  std::size_t first_cell{};
  std::size_t cells{};
};

struct Group {
  std::vector<Column> columns;    ///< ascending; twice the same if a point was answered twice
  std::vector<std::size_t> rows;  ///< ascending
};

/// Looks into the answers that it was made from and dies with them.
struct Grouping {
  std::vector<Cell> cells;
  std::vector<Row> rows;
  std::vector<Group> groups;  ///< in order of their first rows

  [[nodiscard]] auto cells_of(const Row& row) const -> std::span<const Cell> {
    return std::span{cells}.subspan(row.first_cell, row.cells);
  }
};

/// Answers with equal columns form a group. So that a sentinel in one answer does not cut a series,
/// an answer that lacks at most a quarter of a larger group's columns joins that group, found by
/// its first or last column. Which answers stand together does not depend on their order.
[[nodiscard]] auto group_answers(std::span<const reading::Answer> answers) -> Grouping;

}  // namespace bornier::batch
