// SPDX-License-Identifier: Apache-2.0
#include "model/detect_signs.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "model/plain_registers.hpp"
#include "model/register_types.hpp"
#include "model/register_words.hpp"
#include "model/select.hpp"

namespace bornier::model {
namespace {

auto fits_any(std::string_view text, const std::vector<std::string>& patterns) -> bool {
  return std::ranges::any_of(patterns, [text = lower(text)](const std::string& pattern) {
    return matches(text, lower(pattern));
  });
}

}  // namespace

auto question_of(const Sign& sign) noexcept -> RegistersQuestion {
  return {sign.table, sign.address, sign.encoding.registers, true};
}

auto holds(const Sign& sign, std::span<const std::uint16_t> words) -> std::optional<bool> {
  if (std::ranges::all_of(words, [](std::uint16_t word) { return word == 0; })) {
    return std::nullopt;
  }
  const auto value = plain_value(words, sign.encoding);
  if (is_text(sign.encoding.type)) {
    return fits_any(value, sign.values);
  }
  return std::ranges::find(sign.values, value) != sign.values.end();
}

auto fit(const IdentificationPatterns& patterns, const Identification& said)
    -> std::optional<bool> {
  std::optional<bool> all;
  for (const auto& [wanted, text] : {std::pair{&patterns.vendor, &said.vendor},
                                     std::pair{&patterns.product_code, &said.product_code},
                                     std::pair{&patterns.product_name, &said.product_name},
                                     std::pair{&patterns.model_name, &said.model_name}}) {
    if (wanted->empty() || text->empty()) {
      continue;
    }
    if (!fits_any(*text, *wanted)) {
      return false;
    }
    // The vendor alone tells no model.
    all = all || wanted != &patterns.vendor ? std::optional{true} : std::nullopt;
  }
  return all;
}

auto is_part_of(const std::vector<SunSpecModel>& some,
                const std::vector<SunSpecModel>& all) noexcept -> bool {
  return !some.empty() && some.size() < all.size() &&
         std::ranges::all_of(some, [&all](const SunSpecModel& one) {
           return std::ranges::find(all, one.id, &SunSpecModel::id) != all.end();
         });
}

auto reason_of(const Model& model, const Sign& sign, std::span<const std::uint16_t> words)
    -> std::string {
  const auto named = std::ranges::find_if(model.points, [&sign](const Point& point) {
    return point.parts.empty() && point.table == sign.table && point.address == sign.address &&
           point.encoding.registers == sign.encoding.registers;
  });
  const auto name = named != model.points.end() ? named->name
                                                : std::string{to_text(sign.table)} + " register " +
                                                      std::to_string(sign.address);
  const auto value = plain_value(words, sign.encoding);
  return name + " is " + (is_text(sign.encoding.type) ? "\"" + value + "\"" : value);
}

auto reason_of(const Model& model, const std::optional<Identification>& said) -> std::string {
  std::string reason;
  for (std::size_t index = 0; index < model.sunspec.size(); ++index) {
    const bool is_last = index + 1 == model.sunspec.size();
    reason += index == 0 ? (is_last ? "has SunSpec model " : "has SunSpec models ")
                         : (is_last ? " and " : ", ");
    reason += std::to_string(model.sunspec[index].id);
  }
  if (said) {
    reason += (reason.empty() ? "says it is " : ", says it is ") + to_text(*said);
  }
  return reason;
}

auto to_text(const Identification& said) -> std::string {
  std::string text;
  for (const auto* part :
       {&said.vendor, &said.product_code, &said.product_name, &said.model_name}) {
    if (!part->empty() && text.find(*part) == std::string::npos) {
      text += (text.empty() ? "" : " ") + *part;
    }
  }
  return text;
}

}  // namespace bornier::model
