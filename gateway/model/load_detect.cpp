// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "model/load_parts.hpp"
#include "model/register_words.hpp"

namespace bornier::model {
namespace {

/// Whole numbers, for a register that holds one.
void read_numbers(TableReader& reader, Sign& sign) {
  const toml::node* node = reader.node("values");
  if (node == nullptr) {
    return;
  }
  const toml::array* numbers = node->as_array();
  for (std::size_t index = 0; numbers != nullptr && index < numbers->size(); ++index) {
    const auto number = (*numbers)[index].value_exact<std::int64_t>();
    if (!number) {
      break;
    }
    if (*number == 0) {
      reader.complain("values", "0 is what many devices answer for what they lack; remove it");
    } else if (!bits_of({reading::integer(*number)}, sign.encoding)) {
      reader.complain("values", "the register cannot hold " + std::to_string(*number));
    }
    sign.values.push_back(std::to_string(*number));
  }
  if (numbers == nullptr || sign.values.empty() || sign.values.size() != numbers->size()) {
    reader.complain("values", "`values` takes whole numbers: [341, 345]");
  }
}

/// Patterns that are not there mean nothing; a pattern that anything fits would mean every meter.
auto read_patterns(TableReader& reader, std::string_view key) -> std::vector<std::string> {
  auto patterns = reader.texts(key).value_or(std::vector<std::string>{});
  const bool too_wide = std::ranges::any_of(patterns, [](const std::string& pattern) {
    return pattern.find_first_not_of("* ") == std::string::npos;
  });
  if (too_wide || (patterns.empty() && reader.has(key))) {
    reader.complain(key, quoted(key) + " takes patterns with letters or digits: [\"B23*\"]");
  }
  return patterns;
}

void load_sign(Draft& draft, const toml::table& row) {
  TableReader reader{row, "a register of [detect]", draft.report};
  Sign sign;
  const auto table = read_table(reader);
  if (!table && !draft.default_table) {
    reader.require("table");
  }
  sign.table = table.value_or(draft.default_table.value_or(wire::Table::holding_register));
  reader.require("address");
  sign.address = static_cast<std::uint16_t>(reader.whole("address", 0, 65535).value_or(0));
  sign.encoding = draft.default_encoding;
  if (draft.default_type.empty()) {
    reader.require("type");
  }
  read_encoding(reader, draft.default_type, sign.encoding);
  if (wire::is_bits(sign.table)) {
    reader.complain("table", "a bit tells no model from another; name a register");
  }
  if (std::size_t{sign.address} + sign.encoding.registers > 65536) {
    reader.complain("address", "the registers go past address 65535");
  }
  if (is_text(sign.encoding.type)) {
    reader.require("text");
    reader.forbid("values", "the register holds a text; write text = [\"B23*\"]");
    sign.values = read_patterns(reader, "text");
  } else if (is_float(sign.encoding.type)) {
    reader.complain("type", "a float is no code of a model; name a whole number or a text");
    static_cast<void>(reader.node("values"));
  } else {
    reader.require("values");
    reader.forbid("text", "the register holds a number; write values = [341]");
    read_numbers(reader, sign);
  }
  reader.finish();
  draft.model.detect.signs.push_back(std::move(sign));
}

}  // namespace

void load_detect(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("detect");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "[detect]", draft.report};
  for (const toml::table* row : reader.tables("registers")) {
    load_sign(draft, *row);
  }
  if (!draft.model.sunspec.empty() && reader.has("registers")) {
    reader.complain("registers",
                    "with `base` the ids of the SunSpec models tell the model; remove the key");
  }
  if (const toml::table* patterns = reader.table("identification")) {
    TableReader texts{*patterns, "`identification`", draft.report};
    auto& identification = draft.model.detect.identification;
    identification.vendor = read_patterns(texts, "vendor");
    identification.product_code = read_patterns(texts, "product_code");
    identification.product_name = read_patterns(texts, "product_name");
    identification.model_name = read_patterns(texts, "model_name");
    const bool only_vendor = identification.product_code.empty() &&
                             identification.product_name.empty() &&
                             identification.model_name.empty();
    if (only_vendor) {
      draft.report.add(*patterns,
                       "a vendor makes more than one model; add product_code, product_name or "
                       "model_name");
    }
    texts.finish();
  }
  reader.finish();
  if (draft.model.detect.signs.empty() && draft.model.detect.identification.empty()) {
    draft.report.add(*table,
                     "[detect] tells nothing; add `registers` or `identification`, or "
                     "remove it");
  }
}

}  // namespace bornier::model
