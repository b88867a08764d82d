// SPDX-License-Identifier: Apache-2.0
#include "batch/groups.hpp"

#include <algorithm>
#include <map>

namespace bornier::batch {
namespace {

using Columns = std::vector<Column>;
using RowsByColumns = std::map<Columns, std::vector<std::size_t>>;

void append_rows(std::span<const reading::Answer> answers, Grouping& grouping) {
  const auto by_column = [](const Cell& left, const Cell& right) {
    return left.column < right.column;
  };
  std::size_t readings = 0;
  for (const auto& answer : answers) {
    readings += answer.numbers.size() + answer.texts.size();
  }
  grouping.cells.reserve(readings);
  grouping.rows.reserve(answers.size());
  for (const auto& answer : answers) {
    const std::size_t first = grouping.cells.size();
    for (const auto& number : answer.numbers) {
      grouping.cells.push_back(Cell{Column{number.point, false}, &number, nullptr});
    }
    for (const auto& text : answer.texts) {
      grouping.cells.push_back(Cell{Column{text.point, true}, nullptr, &text});
    }
    const std::size_t count = grouping.cells.size() - first;
    if (count == 0) {
      continue;
    }
    const auto begin = grouping.cells.end() - static_cast<std::ptrdiff_t>(count);
    if (!std::is_sorted(begin, grouping.cells.end(), by_column)) {
      std::stable_sort(begin, grouping.cells.end(), by_column);
    }
    grouping.rows.push_back(Row{answer.time, first, count});
  }
}

[[nodiscard]] auto rows_by_columns(const Grouping& grouping) -> RowsByColumns {
  RowsByColumns result;
  Columns columns;
  for (std::size_t row = 0; row < grouping.rows.size(); ++row) {
    columns.clear();
    for (const Cell& cell : grouping.cells_of(grouping.rows[row])) {
      columns.push_back(cell.column);
    }
    auto found = result.find(columns);
    if (found == result.end()) {
      found = result.emplace(columns, std::vector<std::size_t>{}).first;
    }
    found->second.push_back(row);
  }
  return result;
}

/// A set of columns may join a group that has them all and at most a third more.
[[nodiscard]] auto joins(const Columns& columns, const Group& group) -> bool {
  return 4 * columns.size() >= 3 * group.columns.size() &&
         std::includes(group.columns.begin(), group.columns.end(), columns.begin(), columns.end());
}

}  // namespace

auto group_answers(std::span<const reading::Answer> answers) -> Grouping {
  Grouping grouping;
  append_rows(answers, grouping);
  const RowsByColumns sets = rows_by_columns(grouping);

  std::vector<const RowsByColumns::value_type*> largest_first;
  largest_first.reserve(sets.size());
  for (const auto& set : sets) {
    largest_first.push_back(&set);
  }
  std::stable_sort(
      largest_first.begin(), largest_first.end(),
      [](const auto* left, const auto* right) { return left->first.size() > right->first.size(); });

  std::map<Column, std::size_t> group_by_first_column;
  std::map<Column, std::size_t> group_by_last_column;
  const auto group_for = [&](const Columns& columns) -> Group& {
    for (const auto& [index, column] : {std::pair{&group_by_first_column, columns.front()},
                                        std::pair{&group_by_last_column, columns.back()}}) {
      const auto found = index->find(column);
      if (found != index->end() && joins(columns, grouping.groups[found->second])) {
        return grouping.groups[found->second];
      }
    }
    group_by_first_column.emplace(columns.front(), grouping.groups.size());
    group_by_last_column.emplace(columns.back(), grouping.groups.size());
    return grouping.groups.emplace_back(Group{columns, {}});
  };
  for (const auto* set : largest_first) {
    Group& group = group_for(set->first);
    group.rows.insert(group.rows.end(), set->second.begin(), set->second.end());
  }

  for (Group& group : grouping.groups) {
    std::sort(group.rows.begin(), group.rows.end());
  }
  std::sort(
      grouping.groups.begin(), grouping.groups.end(),
      [](const Group& left, const Group& right) { return left.rows.front() < right.rows.front(); });
  return grouping;
}

}  // namespace bornier::batch
