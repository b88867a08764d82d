// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bornier::app {

/// How `read`, `status`, `buffer` and `decode` print.
enum class Format : std::uint8_t { table, json, csv };

[[nodiscard]] auto parse_format(std::string_view text) -> std::optional<Format>;

/// A column: its heading in tables and CSV is its key in JSON.
struct Column {
  std::string name;
  bool right_aligned{};  ///< in tables
  bool number{};         ///< in JSON: the text of the cell is a number, written as it stands
  bool unit{};           ///< in tables: UCUM is shown as unit_for_people() writes it
};

/// Rows of text, printed the same way by every command. An empty cell is null in JSON.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Columns padded to their widest cell, counted in characters, not bytes.
[[nodiscard]] auto to_table(const Table& table) -> std::string;
/// An array of objects, one a line.
[[nodiscard]] auto to_json(const Table& table) -> std::string;
/// RFC 4180, with a heading, lines ended by LF.
[[nodiscard]] auto to_csv(const Table& table) -> std::string;
[[nodiscard]] auto to_text(const Table& table, Format format) -> std::string;

/// One row without its heading: for output that streams.
[[nodiscard]] auto csv_row(const std::vector<std::string>& cells) -> std::string;
[[nodiscard]] auto json_object(const std::vector<Column>& columns,
                               const std::vector<std::string>& cells) -> std::string;

/// `text` as a JSON string, quotes included.
[[nodiscard]] auto json_string(std::string_view text) -> std::string;

}  // namespace bornier::app
