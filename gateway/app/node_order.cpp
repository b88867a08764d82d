// SPDX-License-Identifier: Apache-2.0
#include "app/node_order.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "wire/pdu.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;

constexpr std::size_t most_parts = 64;
constexpr std::uint16_t most_bits = 2'000;
constexpr std::array<std::string_view, 5> node_ends{"done", "impossible", "refused", "unanswered",
                                                    "reverting"};
constexpr std::array<std::pair<std::string_view, wire::Table>, 4> node_tables{{
    {"coil", wire::Table::coil},
    {"discrete", wire::Table::discrete_input},
    {"input", wire::Table::input_register},
    {"holding", wire::Table::holding_register},
}};
/// By the code that the node has for them.
constexpr std::array<std::pair<modbus::Parity, std::uint8_t>, 4> node_formats{{
    {modbus::Parity::even, 1},
    {modbus::Parity::odd, 1},
    {modbus::Parity::none, 2},
    {modbus::Parity::none, 1},
}};
constexpr std::array<std::uint32_t, 8> node_bauds{1'200,  2'400,  4'800,  9'600,
                                                  19'200, 38'400, 57'600, 115'200};

auto name_of_table(wire::Table table) -> std::string_view {
  return std::ranges::find(node_tables, table, &std::pair<std::string_view, wire::Table>::second)
      ->first;
}

auto number_in(const json::object& object, std::string_view key, std::int64_t least,
               std::int64_t most) -> std::optional<std::int64_t> {
  const auto* value = object.if_contains(key);
  const auto* number = value == nullptr ? nullptr : value->if_int64();
  return number != nullptr && *number >= least && *number <= most ? std::optional{*number}
                                                                  : std::nullopt;
}

auto table_in(const json::object& object) -> std::optional<wire::Table> {
  const auto* value = object.if_contains("table");
  const auto* name = value == nullptr ? nullptr : value->if_string();
  for (const auto& [known, table] : node_tables) {
    if (name != nullptr && std::string_view{*name} == known) {
      return table;
    }
  }
  return std::nullopt;
}

auto words_in(const json::object& object) -> std::optional<std::vector<std::uint16_t>> {
  const auto* value = object.if_contains("words");
  const auto* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->size() > most_bits) {
    return std::nullopt;
  }
  std::vector<std::uint16_t> words;
  for (const auto& each : *list) {
    const auto* number = each.if_int64();
    if (number == nullptr || *number < 0 || *number > 0xFFFF) {
      return std::nullopt;
    }
    words.push_back(static_cast<std::uint16_t>(*number));
  }
  return words;
}

auto read_in(const json::object& object) -> std::optional<NodeRead> {
  const auto table = table_in(object);
  const auto first = number_in(object, "first", 0, 0xFFFF);
  const auto most = table && wire::is_bits(*table) ? most_bits : wire::max_read_registers;
  const auto count = number_in(object, "count", 1, most);
  if (!table || !first || !count) {
    return std::nullopt;
  }
  return NodeRead{*table, static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*count)};
}

auto write_in(const json::object& object) -> std::optional<NodeWrite> {
  const auto table = table_in(object);
  const auto first = number_in(object, "first", 0, 0xFFFF);
  auto words = words_in(object);
  const bool coil = table == wire::Table::coil;
  if ((!coil && table != wire::Table::holding_register) || !first || !words || words->empty() ||
      words->size() > (coil ? 1U : wire::max_write_registers)) {
    return std::nullopt;
  }
  return NodeWrite{*table, static_cast<std::uint16_t>(*first), std::move(*words)};
}

auto line_in(const json::object& object) -> std::optional<NodeLine> {
  const auto unit = number_in(object, "unit", 1, 247);
  const auto baud = number_in(object, "baud", 0, 4'000'000);
  const auto parity = number_in(object, "parity", 0, 2);
  const auto stop_bits = number_in(object, "stop_bits", 1, 2);
  if (!unit || !baud || !parity || !stop_bits) {
    return std::nullopt;
  }
  NodeLine line{.unit = static_cast<std::uint8_t>(*unit), .serial = {}};
  line.serial = {.baud = static_cast<std::uint32_t>(*baud),
                 .parity = static_cast<modbus::Parity>(*parity),
                 .stop_bits = static_cast<std::uint8_t>(*stop_bits)};
  return line;
}

/// Each object of the list; false where one is none.
template <class Part, class Parse>
auto all_in(const json::object& object, std::string_view key, Parse parse, std::vector<Part>& parts)
    -> bool {
  const auto* value = object.if_contains(key);
  if (value == nullptr) {
    return true;
  }
  const auto* list = value->if_array();
  if (list == nullptr || list->size() > most_parts) {
    return false;
  }
  for (const auto& each : *list) {
    const auto* one = each.if_object();
    auto part = one == nullptr ? std::nullopt : parse(*one);
    if (!part) {
      return false;
    }
    parts.push_back(std::move(*part));
  }
  return true;
}

auto array_of(const std::vector<std::uint16_t>& words) -> json::array {
  return json::array(words.begin(), words.end());
}

}  // namespace

auto line_words(const NodeLine& line) -> std::optional<std::vector<std::uint16_t>> {
  const auto* format =
      std::ranges::find(node_formats, std::pair{line.serial.parity, line.serial.stop_bits});
  if (format == node_formats.end() || std::ranges::count(node_bauds, line.serial.baud) == 0) {
    return std::nullopt;
  }
  return std::vector<std::uint16_t>{line.unit, static_cast<std::uint16_t>(line.serial.baud / 100),
                                    static_cast<std::uint16_t>(format - node_formats.begin())};
}

auto node_line_of(const std::vector<std::uint16_t>& words) -> NodeLine {
  const auto code = words.at(2) < node_formats.size() ? words.at(2) : std::uint16_t{0};
  NodeLine line{.unit = static_cast<std::uint8_t>(words.at(0)), .serial = {}};
  line.serial = {.baud = 100U * words.at(1),
                 .parity = node_formats.at(code).first,
                 .stop_bits = node_formats.at(code).second};
  return line;
}

auto to_json(const NodeOrder& order) -> std::string {
  json::object object{{"command", "node"}, {"meter", order.meter}};
  json::array writes;
  for (const auto& write : order.writes) {
    writes.emplace_back(json::object{{"table", name_of_table(write.table)},
                                     {"first", write.first},
                                     {"words", array_of(write.words)}});
  }
  json::array reads;
  for (const auto& read : order.reads) {
    reads.emplace_back(json::object{
        {"table", name_of_table(read.table)}, {"first", read.first}, {"count", read.count}});
  }
  object["writes"] = std::move(writes);
  object["reads"] = std::move(reads);
  if (order.move) {
    object["move"] = json::object{{"unit", order.move->unit},
                                  {"baud", order.move->serial.baud},
                                  {"parity", static_cast<int>(order.move->serial.parity)},
                                  {"stop_bits", order.move->serial.stop_bits}};
    object["force"] = order.force;
  }
  return json::serialize(object);
}

auto parse_node_order(const json::object& object) -> wire::Result<NodeOrder, model::Objection> {
  NodeOrder order;
  const auto* meter = object.if_contains("meter");
  if (meter == nullptr || !meter->is_string() || meter->get_string().empty()) {
    return model::Objection{"\"meter\" takes a text"};
  }
  order.meter = meter->get_string().c_str();
  if (!all_in(object, "reads", read_in, order.reads)) {
    return model::Objection{R"("reads" takes a list of {"table":…,"first":…,"count":…})"};
  }
  if (!all_in(object, "writes", write_in, order.writes)) {
    return model::Objection{R"("writes" takes a list of {"table":…,"first":…,"words":[…]})"};
  }
  if (const auto* move = object.if_contains("move")) {
    order.move = move->is_object() ? line_in(move->get_object()) : std::nullopt;
    if (!order.move) {
      return model::Objection{R"("move" takes {"unit":…,"baud":…,"parity":…,"stop_bits":…})"};
    }
  }
  const auto* force = object.if_contains("force");
  order.force = force != nullptr && force->is_bool() && force->get_bool();
  return order;
}

auto to_object(const NodeReport& report) -> json::object {
  json::array words;
  for (const auto& each : report.words) {
    words.emplace_back(array_of(each));
  }
  return {{"end", node_ends.at(static_cast<std::size_t>(report.end))},
          {"words", std::move(words)},
          {"told", report.told}};
}

auto parse_node_report(const json::object& object) -> NodeReport {
  NodeReport report;
  report.told = "the gateway's answer is not understood; is it of another version?";
  const auto* end = object.if_contains("end");
  const auto* told = object.if_contains("told");
  const auto* words = object.if_contains("words");
  if (end == nullptr || !end->is_string() || told == nullptr || !told->is_string() ||
      words == nullptr || !words->is_array()) {
    return report;
  }
  const auto* known = std::ranges::find(node_ends, std::string_view{end->get_string()});
  std::vector<std::vector<std::uint16_t>> all;
  for (const auto& each : words->get_array()) {
    auto one = words_in(json::object{{"words", each}});
    if (!one) {
      return report;
    }
    all.push_back(std::move(*one));
  }
  if (known == node_ends.end()) {
    return report;
  }
  report.end = static_cast<NodeEnd>(known - node_ends.begin());
  report.words = std::move(all);
  report.told = told->get_string().c_str();
  return report;
}

}  // namespace bornier::app
