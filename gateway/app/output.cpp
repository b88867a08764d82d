// SPDX-License-Identifier: Apache-2.0
#include "app/output.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstddef>

#include "app/people_text.hpp"

namespace bornier::app {
namespace {

/// Code points of UTF-8 text: every byte that does not continue one.
auto width(std::string_view text) -> std::size_t {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

auto padded(std::string_view text, std::size_t to, bool right_aligned) -> std::string {
  const std::string blanks(to - std::min(to, width(text)), ' ');
  return right_aligned ? blanks + std::string{text} : std::string{text} + blanks;
}

auto cell_for_people(const Column& column, const std::string& cell) -> std::string {
  return column.unit ? unit_for_people(cell) : cell;
}

auto csv_cell(std::string_view cell) -> std::string {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string{cell};
  }
  std::string quoted = "\"";
  for (const char character : cell) {
    quoted += character;
    if (character == '"') {
      quoted += '"';
    }
  }
  return quoted + "\"";
}

}  // namespace

auto parse_format(std::string_view text) -> std::optional<Format> {
  if (text == "table") {
    return Format::table;
  }
  if (text == "json") {
    return Format::json;
  }
  if (text == "csv") {
    return Format::csv;
  }
  return std::nullopt;
}

auto json_string(std::string_view text) -> std::string {
  return boost::json::serialize(boost::json::string_view{text.data(), text.size()});
}

auto json_object(const std::vector<Column>& columns, const std::vector<std::string>& cells)
    -> std::string {
  std::string text = "{";
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const auto& cell = cells.at(index);
    if (index > 0) {
      text += ',';
    }
    text += json_string(columns[index].name) + ':';
    if (cell.empty()) {
      text += "null";
    } else if (columns[index].number) {
      text += cell;
    } else {
      text += json_string(cell);
    }
  }
  return text + "}";
}

auto csv_row(const std::vector<std::string>& cells) -> std::string {
  std::string text;
  for (std::size_t index = 0; index < cells.size(); ++index) {
    if (index > 0) {
      text += ',';
    }
    text += csv_cell(cells[index]);
  }
  return text + "\n";
}

auto to_table(const Table& table) -> std::string {
  std::vector<std::size_t> widths;
  std::vector<std::string> names;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    std::size_t widest = width(table.columns[column].name);
    for (const auto& row : table.rows) {
      widest = std::max(widest, width(cell_for_people(table.columns[column], row.at(column))));
    }
    widths.push_back(widest);
    names.push_back(table.columns[column].name);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      text += (column > 0 ? "  " : "") +
              padded(cells[column], widths[column], table.columns[column].right_aligned);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = line(names);
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (std::size_t column = 0; column < row.size(); ++column) {
      cells.push_back(cell_for_people(table.columns[column], row[column]));
    }
    text += line(cells);
  }
  return text;
}

auto to_json(const Table& table) -> std::string {
  std::string text = "[";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    text += (row > 0 ? ",\n " : "\n ") + json_object(table.columns, table.rows[row]);
  }
  return text + (table.rows.empty() ? "]\n" : "\n]\n");
}

auto to_csv(const Table& table) -> std::string {
  std::vector<std::string> names;
  for (const auto& column : table.columns) {
    names.push_back(column.name);
  }
  std::string text = csv_row(names);
  for (const auto& row : table.rows) {
    text += csv_row(row);
  }
  return text;
}

auto to_text(const Table& table, Format format) -> std::string {
  switch (format) {
    case Format::table: return to_table(table);
    case Format::json: return to_json(table);
    case Format::csv: return to_csv(table);
  }
  return {};
}

}  // namespace bornier::app
