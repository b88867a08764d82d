// SPDX-License-Identifier: Apache-2.0
#include "model/decode.hpp"

namespace bornier::model {

auto to_text(const Model& model, const Settings& settings, const Decoded& decoded) -> std::string {
  if (const auto* state = std::get_if<reading::Acquisition>(&decoded.value)) {
    return std::string{reading::to_text(*state)};
  }
  if (const auto* characters = std::get_if<std::string>(&decoded.value)) {
    return *characters;
  }
  std::string written;
  if (const auto* value = std::get_if<reading::Decimal>(&decoded.value)) {
    written = reading::to_text(*value);
  }
  const std::string_view unit = unit_of(model.points[decoded.point], settings);
  if (unit != "1") {
    written += ' ';
    written += unit;
  }
  if (decoded.quality.has(reading::QualityFlag::coarse)) {
    written += " coarse";
  }
  if (decoded.quality.has(reading::QualityFlag::implausible)) {
    written += " implausible";
  }
  return written;
}

}  // namespace bornier::model
