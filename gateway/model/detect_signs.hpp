// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/detect.hpp"
#include "model/model.hpp"

/// The signs by which Detection knows a model, each by itself.
namespace bornier::model {

[[nodiscard]] auto question_of(const Sign& sign) noexcept -> RegistersQuestion;

/// `words`: as many as the sign's registers. Nothing where they tell nothing: many devices answer 0
/// for what they do not have.
[[nodiscard]] auto holds(const Sign& sign, std::span<const std::uint16_t> words)
    -> std::optional<bool>;

/// Nothing where the meter said nothing that the patterns ask about.
[[nodiscard]] auto fit(const IdentificationPatterns& patterns, const Identification& said)
    -> std::optional<bool>;

/// Whether `some` are among `all`, which has more of them.
[[nodiscard]] auto is_part_of(const std::vector<SunSpecModel>& some,
                              const std::vector<SunSpecModel>& all) noexcept -> bool;

/// "product_code is 341", for people; where no point has this place, "holding register 64514 is
/// 32".
[[nodiscard]] auto reason_of(const Model& model, const Sign& sign,
                             std::span<const std::uint16_t> words) -> std::string;
/// "has SunSpec models 1 and 203", "says it is Schneider Electric A9MEM3155"; empty if neither.
[[nodiscard]] auto reason_of(const Model& model, const std::optional<Identification>& said)
    -> std::string;

/// Everything that a meter said of itself, in one line.
[[nodiscard]] auto to_text(const Identification& said) -> std::string;

}  // namespace bornier::model
