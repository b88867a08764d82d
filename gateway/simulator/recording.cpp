// SPDX-License-Identifier: Apache-2.0
#include "simulator/recording.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace bornier::simulator {
namespace {

auto trimmed(std::string_view text) -> std::string_view {
  constexpr std::string_view blanks = " \t\r\n\"";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

auto split(std::string_view line, char separator) -> std::vector<std::string_view> {
  std::vector<std::string_view> cells;
  for (;;) {
    const auto end = line.find(separator);
    cells.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) {
      return cells;
    }
    line.remove_prefix(end + 1);
  }
}

/// Cuts the first line off `text`.
auto take_line(std::string_view& text) -> std::string_view {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

struct Column {
  std::size_t cell{};
  std::size_t point{};
  reading::Decimal factor;
  bool is_text{};
};

auto value_of(std::string_view cell, const Column& column) -> std::optional<model::PointValue> {
  if (cell.empty() || cell == "?") {
    return std::monostate{};
  }
  if (column.is_text) {
    return std::string{cell};
  }
  const auto number = reading::parse_decimal(cell);
  const auto scaled = number ? multiply_exactly(*number, column.factor) : std::nullopt;
  return scaled ? std::optional<model::PointValue>{*scaled} : std::nullopt;
}

}  // namespace

auto parse_mapping(std::string_view text) -> wire::Result<Mapping, std::string> {
  const auto wrong = [&](std::string_view why) {
    auto message = std::string{"`"}.append(text).append("`: ").append(why);
    return wire::Result<Mapping, std::string>{boost::system::in_place_error, std::move(message)};
  };
  const auto equals = text.rfind('=');
  if (equals == std::string_view::npos) {
    return wrong("write it as column=point or column*factor=point");
  }
  Mapping mapping;
  mapping.point = trimmed(text.substr(equals + 1));
  auto source = text.substr(0, equals);
  if (const auto star = source.rfind('*'); star != std::string_view::npos) {
    const auto factor = reading::parse_decimal(trimmed(source.substr(star + 1)));
    if (!factor) {
      return wrong("the factor is not a decimal number");
    }
    mapping.factor = *factor;
    source = source.substr(0, star);
  }
  mapping.column = trimmed(source);
  if (mapping.column.empty() || mapping.point.empty()) {
    return wrong("column or point is missing");
  }
  return mapping;
}

auto multiply_exactly(reading::Decimal left, reading::Decimal right) noexcept
    -> std::optional<reading::Decimal> {
  reading::Decimal product;
  const int exponent = left.exponent + right.exponent;
  using Exponent = std::numeric_limits<std::int8_t>;
  if (__builtin_mul_overflow(left.mantissa, right.mantissa, &product.mantissa) ||
      exponent < Exponent::min() || exponent > Exponent::max()) {
    return std::nullopt;
  }
  product.exponent = static_cast<std::int8_t>(exponent);
  return product;
}

auto Recording::from_csv(std::string_view csv, const std::vector<Mapping>& mappings,
                         const model::Model& model) -> wire::Result<Recording, std::string> {
  const auto header_line = take_line(csv);
  constexpr std::array separators{';', '\t', ','};
  const auto* separator = std::ranges::find_if(
      separators, [&](char c) { return header_line.find(c) != std::string_view::npos; });
  const char cut = separator == separators.end() ? ';' : *separator;
  const auto header = split(header_line, cut);

  std::vector<Column> columns;
  for (const Mapping& mapping : mappings) {
    const auto cell = std::ranges::find(header, mapping.column);
    if (cell == header.end()) {
      return "the header has no column `" + mapping.column + "`";
    }
    const auto point = model::find_point(model, mapping.point);
    if (!point) {
      return "model " + model.id + " has no point `" + mapping.point + "`";
    }
    columns.push_back({static_cast<std::size_t>(cell - header.begin()), *point, mapping.factor,
                       takes_text(model.points[*point])});
  }

  Recording recording;
  for (std::size_t number = 2; !csv.empty(); ++number) {
    const auto line = take_line(csv);
    if (trimmed(line).empty()) {
      continue;
    }
    const auto cells = split(line, cut);
    Row row;
    for (const Column& column : columns) {
      const auto cell = column.cell < cells.size() ? cells[column.cell] : std::string_view{};
      auto value = value_of(cell, column);
      if (!value) {
        return "line " + std::to_string(number) + ", column `" + std::string{header[column.cell]} +
               "`: `" + std::string{cell} + "` is no decimal number, or too long";
      }
      row.emplace_back(column.point, *std::move(value));
    }
    recording.rows_.push_back(std::move(row));
  }
  if (recording.rows_.empty()) {
    return std::string{"there is no row after the header"};
  }
  return recording;
}

}  // namespace bornier::simulator
