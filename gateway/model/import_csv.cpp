// SPDX-License-Identifier: Apache-2.0
#include "model/import_csv.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "model/plain_registers.hpp"
#include "model/register_types.hpp"
#include "model/select.hpp"
#include "reading/decimal.hpp"
#include "reading/quantity.hpp"
#include "reading/unit.hpp"

namespace bornier::model {
namespace {

/// Cells of a line; quotes may hold the separator, and "" a quote.
auto cells_of(std::string_view line, char separator) -> std::vector<std::string> {
  std::vector<std::string> cells(1);
  bool quoted_cell = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char letter = line[at];
    if (letter == '"' && quoted_cell && at + 1 < line.size() && line[at + 1] == '"') {
      cells.back() += letter;
      ++at;
    } else if (letter == '"') {
      quoted_cell = !quoted_cell;
    } else if (letter == separator && !quoted_cell) {
      cells.emplace_back();
    } else if (letter != '\r') {
      cells.back() += letter;
    }
  }
  for (auto& cell : cells) {
    const auto first = cell.find_first_not_of(" \t");
    const auto last = cell.find_last_not_of(" \t");
    cell = first == std::string::npos ? "" : cell.substr(first, last - first + 1);
  }
  return cells;
}

/// "Voltage L1-N" → voltage_l1_n
auto point_name(std::string_view text) -> std::string {
  std::string name;
  for (const char letter : lower(text)) {
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) {
      name += letter;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.ends_with('_')) {
    name.pop_back();
  }
  return name;
}

/// As a TOML basic string.
auto in_quotes(std::string_view text) -> std::string {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return out + '"';
}

/// Headings that people write, and what we call the column.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> headings{{
    {"name", "name"},           {"point", "name"},
    {"description", "name"},    {"parameter", "name"},
    {"address", "address"},     {"register", "address"},
    {"reference", "address"},   {"table", "table"},
    {"register_type", "table"}, {"function", "table"},
    {"type", "type"},           {"data_type", "type"},
    {"format", "type"},         {"unit", "unit"},
    {"units", "unit"},          {"scale", "scale"},
    {"factor", "scale"},        {"multiplier", "scale"},
    {"phase", "phase"},         {"word_order", "word_order"},
    {"quantity", "quantity"},   {"resolution", "scale"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> tables{{
    {"holding", "holding"},
    {"hr", "holding"},
    {"3", "holding"},
    {"03", "holding"},
    {"4x", "holding"},
    {"input", "input"},
    {"ir", "input"},
    {"4", "input"},
    {"04", "input"},
    {"3x", "input"},
    {"coil", "coil"},
    {"1", "coil"},
    {"01", "coil"},
    {"discrete", "discrete"},
    {"2", "discrete"},
    {"02", "discrete"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> types{{
    {"float", "float32"},
    {"real", "float32"},
    {"single", "float32"},
    {"double", "float64"},
    {"u16", "uint16"},
    {"s16", "int16"},
    {"i16", "int16"},
    {"u32", "uint32"},
    {"s32", "int32"},
    {"i32", "int32"},
    {"u64", "uint64"},
    {"s64", "int64"},
    {"i64", "int64"},
    {"word", "uint16"},
    {"dword", "uint32"},
    {"short", "int16"},
}};

template <std::size_t Size>
auto look_up(const std::array<std::pair<std::string_view, std::string_view>, Size>& names,
             std::string_view name) -> std::optional<std::string> {
  const auto found = std::ranges::find(names, name, [](const auto& pair) { return pair.first; });
  return found == names.end() ? std::nullopt : std::optional{std::string{found->second}};
}

/// The quantity with the longest name that the point's begins with.
auto quantity_of(std::string_view name) -> const reading::Quantity* {
  const reading::Quantity* longest = nullptr;
  for (const auto& quantity : reading::quantities()) {
    const bool begins = name == quantity.name ||
                        (name.starts_with(quantity.name) && name[quantity.name.size()] == '_');
    if (begins && (longest == nullptr || quantity.name.size() > longest->name.size())) {
      longest = &quantity;
    }
  }
  return longest;
}

auto phase_of(std::string_view rest) -> std::string {
  for (const auto phase : reading::phases()) {
    if (!phase.empty() && rest == phase) {
      return std::string{phase};
    }
  }
  return {};
}

class Import {
 public:
  Import(std::string_view csv, const std::string& file) : rest_{csv}, file_{file} {}

  auto run(const std::string& id) -> wire::Result<ImportedModel, std::vector<Diagnostic>>;

 private:
  auto next_line() -> std::optional<std::string_view>;
  void read_heading(std::string_view line);
  void read_row(std::string_view line);
  [[nodiscard]] auto cell(std::string_view column) const -> std::string;
  void complain(std::string message) { mistakes_.push_back({file_, line_, 1, std::move(message)}); }

  std::string_view rest_;
  std::string file_;
  int line_{};
  char separator_ = ',';
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string> row_;
  std::set<std::string> names_;
  std::string points_;
  std::vector<std::string> notes_;
  std::vector<Diagnostic> mistakes_;
};

auto Import::next_line() -> std::optional<std::string_view> {
  while (!rest_.empty()) {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (line.find_first_not_of(" \t\r,;") != std::string_view::npos && !line.starts_with('#')) {
      return line;
    }
  }
  return std::nullopt;
}

void Import::read_heading(std::string_view line) {
  separator_ = line.find(';') != std::string_view::npos ? ';' : ',';
  const auto cells = cells_of(line, separator_);
  for (std::size_t index = 0; index < cells.size(); ++index) {
    if (const auto column = look_up(headings, point_name(cells[index]))) {
      columns_.try_emplace(*column, index);
    }
  }
  for (const std::string_view needed : {"name", "address"}) {
    if (!columns_.contains(needed)) {
      complain("the heading has no column `" + std::string{needed} +
               "`; the first line names the columns: name, address, table, type, unit, scale");
    }
  }
}

auto Import::cell(std::string_view column) const -> std::string {
  const auto found = columns_.find(column);
  return found == columns_.end() || found->second >= row_.size() ? std::string{}
                                                                 : row_[found->second];
}

void Import::read_row(std::string_view line) {
  row_ = cells_of(line, separator_);
  auto name = point_name(cell("name"));
  if (name.empty()) {
    complain("the row has no name");
    return;
  }
  for (int again = 2; !names_.insert(name).second; ++again) {
    name = point_name(cell("name")) + "_" + std::to_string(again);
  }

  const auto number = cell("address");
  auto table = look_up(tables, lower(cell("table"))).value_or("");
  if (table.empty() && number.size() >= 5) {
    table = number.front() == '3' ? "input" : number.front() == '4' ? "holding" : "";
  }
  const auto place = table == "input" ? wire::Table::input_register : wire::Table::holding_register;
  const auto address = parse_register(number, place);
  if (!address) {
    complain("`" + number + "` is no register; write an address from 0 or a reference like 40001");
    return;
  }

  const auto written = lower(cell("type"));
  const auto type = look_up(types, written).value_or(written.empty() ? "uint16" : written);
  if (!parse_register_type(type)) {
    complain("`" + cell("type") + "` is no register type; one of: " + register_type_names());
    return;
  }

  const auto* quantity = reading::find_quantity(cell("quantity"));
  if (quantity == nullptr) {
    quantity = quantity_of(name);
  }
  std::string line_out = name + " = { quantity = ";
  if (quantity == nullptr) {
    line_out += in_quotes("device_setting");
    notes_.push_back(name +
                     ": no quantity of the dictionary begins its name; it is a device_setting "
                     "until you say more");
  } else {
    line_out += in_quotes(quantity->name);
  }
  auto phase = phase_of(lower(cell("phase")));
  if (phase.empty() && quantity != nullptr && name.size() > quantity->name.size()) {
    phase = phase_of(std::string_view{name}.substr(quantity->name.size() + 1));
  }
  if (!phase.empty() && phase != "total") {
    line_out += ", phase = " + in_quotes(phase);
  }
  if (table.empty()) {
    table = "holding";
    notes_.push_back(name + ": no table is told; holding registers are assumed");
  }
  line_out += ", table = " + in_quotes(table) + ", address = " + std::to_string(*address) +
              ", type = " + in_quotes(type);
  if (cell("word_order") == "little") {
    line_out += ", word_order = \"little\"";
  }
  const auto scale = cell("scale");
  if (!scale.empty() && scale != "1") {
    if (reading::parse_decimal(scale)) {
      line_out += ", scale = " + in_quotes(scale);
    } else {
      notes_.push_back(name + ": the scale `" + scale + "` is no number and is left out");
    }
  }
  const auto unit = cell("unit");
  if (reading::find_unit(unit) != nullptr) {
    line_out += ", unit = " + in_quotes(unit);
  } else if (!unit.empty()) {
    notes_.push_back(name + ": `" + unit + "` is no unit that is known here and is left out");
  } else if (quantity != nullptr && !quantity->unit.empty() && quantity->unit != "1") {
    line_out += ", unit = " + in_quotes(quantity->unit);
    notes_.push_back(name + ": no unit is told; " + std::string{quantity->unit} + " is assumed");
  }
  points_ += line_out + " }\n";
}

auto Import::run(const std::string& id) -> wire::Result<ImportedModel, std::vector<Diagnostic>> {
  const auto heading = next_line();
  if (!heading) {
    complain("there is nothing in it; the first line names the columns: name, address, …");
    return std::move(mistakes_);
  }
  read_heading(*heading);
  if (!mistakes_.empty()) {
    return std::move(mistakes_);
  }
  while (const auto line = next_line()) {
    read_row(*line);
  }
  if (points_.empty() && mistakes_.empty()) {
    complain("there are no rows below the heading");
  }
  if (!mistakes_.empty()) {
    return std::move(mistakes_);
  }
  return ImportedModel{
      "# What is in capitals is yours to say; config/models/README.md describes every key.\n"
      "format = 1\nid = " +
          in_quotes(id) +
          "\nversion = \"1\"\nmanufacturer = \"MAKER\"\ntitle = \"TITLE\"\nmedium = "
          "\"electricity\"\nconfidence = \"low\"\nsources = [" +
          in_quotes(file_) +
          "]\n\n[limits]\nregisters_per_request = 125\nholes = \"refused\"\n\n[points]\n" +
          points_ +
          "\n# [[test]]\n# title = \"a frame of a real meter\"\n# origin = \"read on DATE from "
          "SERIAL with bornier read --raw\"\n# registers = [{ table = \"holding\", first = 0, "
          "words = \"4366 3333\" }]\n# expect = { POINT = \"230.2 V\" }\n",
      std::move(notes_)};
}

}  // namespace

auto import_csv(std::string_view csv, const std::string& id, const std::string& file)
    -> wire::Result<ImportedModel, std::vector<Diagnostic>> {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (csv.starts_with(byte_order_mark)) {
    csv.remove_prefix(byte_order_mark.size());
  }
  return Import{csv, file}.run(id);
}

}  // namespace bornier::model
