// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "model/register_types.hpp"
#include "model/scale_expression.hpp"
#include "model/toml_reader.hpp"
#include "reading/rounding.hpp"
#include "reading/unit.hpp"

/// The steps of load_model. Each fills its part of `Draft::model` and reports what is wrong; a part
/// with mistakes is left incomplete, so that the steps after it still find their own.
namespace bornier::model {

/// What one choice of a setting, or one value of a code, means.
struct Option {
  reading::Weight weight;
  const reading::Unit* unit{};         ///< null: says nothing about the unit
  std::optional<bool> low_word_first;  ///< of a setting; nothing: says nothing about the order
  std::optional<bool> low_byte_first;  ///< the same
};

/// Names of the settings that choose the order of words and bytes; empty: it is fixed.
struct OrderSettings {
  std::string word_order;
  std::string byte_order;
};

/// The points that a point names, to be looked up once all are there.
struct Links {
  std::vector<NamedFactor> factors;
  std::vector<std::string> parts;  ///< beside Point::parts
};

/// A model under construction, with what only loading needs.
struct Draft {
  explicit Draft(Report& mistakes) : report{mistakes} {}

  Report& report;
  Model model;
  std::vector<std::vector<Option>> setting_options;  ///< beside Model::settings
  std::vector<std::string>
      setting_points;  ///< beside Model::settings: point named by each, or none
  std::vector<toml::source_region> setting_places;
  std::vector<std::vector<Option>> code_options;  ///< beside Model::codes
  std::vector<std::string> code_points;           ///< point named by each code
  std::vector<toml::source_region> code_places;
  std::vector<toml::source_region> point_places;  ///< beside Model::points
  std::vector<Links> links;                       ///< beside Model::points
  std::vector<std::size_t> sunspec_of_point;      ///< beside Model::points: index of its model
  std::vector<std::optional<std::uint16_t>> parameters;  ///< beside Model::points: of a scan list
  std::vector<bool> sound;       ///< beside Model::points: nothing was wrong with it
  std::uint16_t free_address{};  ///< after the points that lie in bytes of messages
  Encoding default_encoding;
  OrderSettings default_order;
  std::string default_type;
  std::optional<wire::Table> default_table;
};

void load_identity(Draft& draft, TableReader& root, std::string_view file);
void load_base(Draft& draft, TableReader& root);
void load_limits(Draft& draft, TableReader& root);
void load_timing(Draft& draft, TableReader& root);
void load_serial(Draft& draft, TableReader& root);
void load_defaults(Draft& draft, TableReader& root);
void load_settings(Draft& draft, TableReader& root);
void load_codes(Draft& draft, TableReader& root);
void load_points(Draft& draft, TableReader& root);
void load_detect(Draft& draft, TableReader& root);
void load_tests(Draft& draft, TableReader& root);
void load_writing(Draft& draft, TableReader& root);
void load_event_log(Draft& draft, TableReader& root);

/// What codes, scales and sums name; then their points know what they need beside their own
/// registers.
void resolve_links(Draft& draft);

/// The SunSpec model that a point lies in.
void read_sunspec(Draft& draft, TableReader& reader);
/// The models of `base` one behind the other, each as long as its points reach; then the points
/// have the addresses of this layout, and no request goes from one model into the next.
void lay_out_sunspec(Draft& draft, TableReader& root);

void load_scan_list(Draft& draft, TableReader& root);
/// `parameter`: the point stands in the block of the scan list.
[[nodiscard]] auto read_parameter(Draft& draft, TableReader& reader)
    -> std::optional<std::uint16_t>;
/// The points of the scan list one behind the other, in the order of the file.
void lay_out_scan_list(Draft& draft, TableReader& root);

/// Messages, availability and captures of a model that speaks MQTT.
void load_messages(Draft& draft, TableReader& root);
/// What messages say by the name of a point; once all are there.
void resolve_messages(Draft& draft, TableReader& root);
/// The same for the one message that the table is.
void resolve_own_message(Draft& draft, TableReader& table);
/// The tables below one, by name, in the order of the file; `kind` names them in messages.
[[nodiscard]] auto tables_of_file(Draft& draft, const toml::table* table, std::string_view kind)
    -> std::vector<std::pair<std::string, const toml::table*>>;
/// Where in its messages a point stands; the encoding of its value follows from that.
void read_message_place(Draft& draft, TableReader& reader, Point& point);
/// Point names and what they have to be, of a test.
[[nodiscard]] auto read_expected(Draft& draft, const toml::table* table)
    -> std::map<std::string, std::string>;
/// The message of a test and the samples it gives.
void read_message_test(Draft& draft, TableReader& reader, FrameTest& test);
/// What only registers have is refused.
void forbid_registers(TableReader& root);

/// The keys of a point that say how it is written.
void read_access(Draft& draft, TableReader& reader, Point& point);
/// Writable points against `[write]` and against each other.
void check_writing(Draft& draft);

/// Points against limits and against each other.
void check_layout(Draft& draft);

/// `bits`, `absent`, `unsupported` and `offset` of a number that is `bits` wide.
void read_contents(Draft& draft, TableReader& reader, Point& point, unsigned bits);
/// "input", "holding", "coil" or "discrete"; reports anything else.
[[nodiscard]] auto read_table(TableReader& reader) -> std::optional<wire::Table>;
/// `type`, `word_order` and `byte_order`; what is absent stays as it is in `encoding`. Where a
/// setting may choose an order, `chosen` takes its name.
void read_encoding(TableReader& reader, std::string_view inherited_type, Encoding& encoding,
                   OrderSettings* chosen = nullptr);
/// Its index; nothing (and reported) if the model has no such setting.
[[nodiscard]] auto known_setting(Draft& draft, TableReader& reader, std::string_view key,
                                 const std::string& name) -> std::optional<std::size_t>;
/// A UCUM code or common spelling; null (and reported) if it is neither.
[[nodiscard]] auto resolve_unit(TableReader& reader, std::string_view key,
                                std::string_view spelling) -> const reading::Unit*;

}  // namespace bornier::model
