// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

#include "model/load_parts.hpp"
#include "model/register_words.hpp"

namespace bornier::model {
namespace {

/// All of them may have to be read in one look.
constexpr unsigned most_registers = 4'096;

void read_bits(TableReader& reader, EventField& field) {
  const toml::node* node = reader.node("bits");
  if (node == nullptr) {
    return;
  }
  const toml::array* bits = node->as_array();
  const auto bit = [bits](std::size_t index) {
    return bits != nullptr && bits->size() == 2 ? (*bits)[index].value<std::int64_t>().value_or(-1)
                                                : -1;
  };
  const auto first = bit(0);
  const auto last = bit(1);
  if (first < 0 || last < first || last >= 16 * field.encoding.registers) {
    reader.complain("bits", "`bits` takes the lowest and the highest bit: [0, 7]");
    return;
  }
  field.first_bit = static_cast<std::uint8_t>(first);
  field.bit_count = static_cast<std::uint8_t>(last - first + 1);
}

/// One value of an entry: `{ register = 3, type = "uint16", bits = [8, 15] }`.
void read_field(Draft& draft, TableReader& log, std::string_view key, std::uint16_t registers,
                EventField& field) {
  log.require(key);
  const toml::table* table = log.table(key);
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, quoted(key), draft.report};
  reader.require("register");
  field.first = static_cast<std::uint16_t>(reader.whole("register", 0, 124).value_or(0));
  reader.require("type");
  read_encoding(reader, "", field.encoding);
  if (!is_bit_field(field.encoding.type) || field.encoding.registers > 2) {
    reader.complain("type", "an entry has uint16 or uint32");
    field.encoding = {};
  }
  if (field.first + field.encoding.registers > registers) {
    reader.complain("register", "an entry ends at register " + std::to_string(registers - 1) +
                                    "; correct this or `registers`");
    field.first = 0;
  }
  read_bits(reader, field);
  reader.finish();
}

/// The index of a point that tells something of the log.
auto read_point(Draft& draft, TableReader& log, std::string_view key) -> std::size_t {
  const auto name = log.required_text(key);
  const auto found = find_point(draft.model, name);
  if (!found) {
    if (!name.empty()) {
      log.complain(key, "the model has no point " + quoted(name));
    }
    return 0;
  }
  const auto& point = draft.model.points[*found];
  if (point.encoding.type != RegisterType::uint32 || point.access.write_only) {
    log.complain(key, "point " + quoted(name) + " is no uint32 that can be read");
  }
  return *found;
}

/// "3", or "3.1" with its source.
auto is_kind(std::string_view key) -> bool {
  const auto is_number = [](std::string_view text) {
    std::uint32_t number{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    return fault == std::errc{} && end == text.data() + text.size();
  };
  const auto dot = key.find('.');
  return is_number(key.substr(0, dot)) &&
         (dot == std::string_view::npos || is_number(key.substr(dot + 1)));
}

void check_place(Draft& draft, TableReader& reader, const EventLog& log) {
  const std::uint32_t end = std::uint32_t{log.address} + log.registers * log.entries;
  const auto& limits = draft.model.limits;
  if (log.registers * log.entries > most_registers) {
    reader.complain("entries", "a log has at most " + std::to_string(most_registers) +
                                   " registers in all; say less of them");
  } else if (end > 65536) {
    reader.complain("entries", "the log goes past address 65535");
  } else if (log.registers > limits.registers_per_request) {
    reader.complain("registers",
                    "one request has to read an entry, and `registers_per_request` is " +
                        std::to_string(limits.registers_per_request));
  } else if (!limits.ranges.empty() &&
             std::ranges::none_of(limits.ranges, [&](const AddressRange& range) {
               return range.table == log.table && range.first <= log.address &&
                      end <= range.last + std::uint32_t{1};
             })) {
    reader.complain("address", "no range of `limits` holds the whole log");
  }
}

}  // namespace

void load_event_log(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("event_log");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "[event_log]", draft.report};
  EventLog log;
  reader.require("table");
  log.table = read_table(reader).value_or(wire::Table::input_register);
  if (wire::is_bits(log.table)) {
    reader.complain("table", "entries stand in registers; write \"holding\" or \"input\"");
  }
  for (const std::string_view key : {"address", "registers", "entries"}) {
    reader.require(key);
  }
  log.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  log.registers = static_cast<std::uint16_t>(reader.whole("registers", 1, 125).value_or(125));
  log.entries = static_cast<std::uint16_t>(reader.whole("entries", 1, 1'000).value_or(1));
  check_place(draft, reader, log);
  log.next = read_point(draft, reader, "next");
  log.boots = read_point(draft, reader, "boots");
  log.uptime = read_point(draft, reader, "uptime");
  read_field(draft, reader, "number", log.registers, log.number);
  if (log.number.encoding.registers != 2 || log.number.bit_count != 0) {
    reader.complain("number", "numbers are compared with those of `next`; write a uint32");
  }
  read_field(draft, reader, "boot", log.registers, log.boot);
  read_field(draft, reader, "time", log.registers, log.time);
  read_field(draft, reader, "kind", log.registers, log.kind);
  read_field(draft, reader, "source", log.registers, log.source);
  read_field(draft, reader, "value", log.registers, log.value);
  log.kinds = reader.text_map("kinds");
  for (const auto& [key, text] : log.kinds) {
    if (!is_kind(key)) {
      reader.complain("kinds",
                      quoted(key) + " is no kind; write 3, or \"3.1\" for one source of it");
    }
  }
  reader.finish();
  draft.model.event_log = std::move(log);
}

}  // namespace bornier::model
