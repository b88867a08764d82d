// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include "model/load_parts.hpp"
#include "model/register_words.hpp"
#include "model/writing.hpp"

/// `[write]`, and what points say of being written.
namespace bornier::model {
namespace {

/// In the order of Sets, without `nothing`.
constexpr std::array<std::string_view, 3> what_is_set{"unit_id", "baud", "serial_format"};
constexpr std::array<std::string_view, 3> needs_writable{"momentary", "locked", "after_restart"};

void check_place(TableReader& reader, const Point& point, std::string_view key) {
  if (!point.parts.empty()) {
    reader.complain(key, "a point that is made of others cannot be written; mark those");
  } else if (point.table == wire::Table::input_register ||
             point.table == wire::Table::discrete_input) {
    reader.complain(key, "only holding registers and coils can be written; correct the table");
  }
  if (point.access.write_only && point.bit_count != 0) {
    reader.complain("bits", "the other bits of a register that cannot be read are not known");
  }
}

/// The labels must say where the meter is found afterwards.
void check_labels(TableReader& reader, const Point& point) {
  const auto& labels = point.labels;
  const bool is_baud = point.access.sets == Sets::baud;
  if (is_text(point.encoding.type)) {
    reader.complain("sets", "only a number can set this; correct the type");
  } else if (point.access.sets == Sets::serial_format && labels.empty()) {
    reader.complain("sets", "say which format each code is: labels = { 0 = \"8N1\", 1 = \"8E1\" }");
  }
  for (const auto& [code, label] : labels) {
    if (is_baud && !parse_baud(label)) {
      reader.complain("labels", quoted(label) + " is no bit rate; write \"9600\"");
    } else if (point.access.sets == Sets::serial_format && !parse_character_format(label)) {
      reader.complain("labels", quoted(label) + " is no format; write \"8N1\", \"8E1\" or \"8O1\"");
    } else if (point.access.sets == Sets::unit_id) {
      reader.complain("labels", "a unit id is a number and has no labels");
      return;
    }
  }
}

/// The second of two points that set the same.
void check_twice(Draft& draft, std::size_t index) {
  const auto& points = draft.model.points;
  const Sets sets = points[index].access.sets;
  for (std::size_t other = 0; sets != Sets::nothing && other < index; ++other) {
    if (points[other].access.sets == sets) {
      draft.report.add(draft.point_places[index], "point " + quoted(points[other].name) +
                                                      " sets the same; only one can be meant");
      return;
    }
  }
}

void check_point(Draft& draft, std::size_t index) {
  const Point& point = draft.model.points[index];
  const Writing& writing = draft.model.writing;
  const toml::source_region& place = draft.point_places[index];
  for (const std::size_t other : point.together) {
    if (draft.model.points[other].access.write_only) {
      draft.report.add(place, "point " + quoted(point.name) + " needs " +
                                  quoted(draft.model.points[other].name) +
                                  ", which cannot be read");
    }
  }
  if (!point.access.writable) {
    return;
  }
  if (point.access.locked && !writing.unlock) {
    draft.report.add(place, "point " + quoted(point.name) +
                                " is locked, but [write] has no `unlock` that opens it");
  }
  check_twice(draft, index);
}

void read_unlock(Draft& draft, TableReader& write) {
  const toml::table* table = write.table("unlock");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "`unlock`", draft.report};
  for (const std::string_view key : {"address", "type", "password"}) {
    reader.require(key);
  }
  Unlock unlock;
  unlock.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  unlock.encoding = draft.default_encoding;
  read_encoding(reader, "", unlock.encoding);
  const auto password = reader.decimal("password");
  if (password) {
    unlock.password = *password;
    if (!words_of_value(reading::to_text(*password), unlock.encoding)) {
      reader.complain("password", "a register of this type cannot hold it");
    }
  }
  reader.finish();
  draft.model.writing.unlock = unlock;
}

}  // namespace

void read_access(Draft& draft, TableReader& reader, Point& point) {
  Access& access = point.access;
  access.write_only = reader.boolean("write_only").value_or(false);
  access.writable = reader.boolean("writable").value_or(false) || access.write_only;
  access.momentary = reader.boolean("momentary").value_or(false);
  access.locked = reader.boolean("locked").value_or(false);
  access.after_restart = reader.boolean("after_restart").value_or(false);
  if (const auto sets = reader.choice("sets", what_is_set)) {
    access.sets = static_cast<Sets>(*sets + 1);
    check_labels(reader, point);
  }
  if (!access.writable) {
    for (const std::string_view key : needs_writable) {
      reader.forbid(key, "it is not written; say writable = true, or remove the key");
    }
    reader.forbid("sets", "it is not written; say writable = true, or remove the key");
    return;
  }
  check_place(reader, point, access.write_only ? "write_only" : "writable");
  if (access.write_only) {
    reader.forbid("group", "it is never read; remove the key");
    reader.forbid("momentary", "it is never read, so it is never compared; remove the key");
  }
  if (draft.parameters.back()) {
    reader.complain("writable",
                    "what stands in the block of a scan list is only read; name its own register");
  }
  if (!draft.model.sunspec.empty()) {
    reader.complain("writable", "a model whose addresses are found by searching is only read");
  }
}

void load_writing(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("write");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "[write]", draft.report};
  const auto function = reader.whole("function", 6, 16);
  if (function && *function != 6 && *function != 16) {
    reader.complain("function", "registers are written with function 6 or 16");
  } else {
    draft.model.writing.function = static_cast<unsigned>(function.value_or(0));
  }
  draft.model.writing.hint = reader.text("hint").value_or("");
  read_unlock(draft, reader);
  reader.finish();
  const auto& points = draft.model.points;
  if (std::ranges::none_of(points, [](const Point& point) { return point.access.writable; })) {
    draft.report.add(*table, "no point is writable; mark some with writable = true");
  } else if (draft.model.writing.unlock &&
             std::ranges::none_of(points, [](const Point& point) { return point.access.locked; })) {
    reader.complain("unlock", "no point is locked; mark those that need it with locked = true");
  }
}

void check_writing(Draft& draft) {
  for (std::size_t index = 0; index < draft.model.points.size(); ++index) {
    if (draft.sound[index]) {
      check_point(draft, index);
    }
  }
}

}  // namespace bornier::model
