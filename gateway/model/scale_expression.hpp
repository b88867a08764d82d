// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"
#include "reading/rounding.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// A point that a value is multiplied with: "pow10(sf_v)", "mul(ct_ratio)", "div(impulses)".
struct NamedFactor {
  Factor::Kind kind{};
  std::string point;
};

/// "0.01*setting(prefix)*code(header)*pow10(exponent)": a constant, and the names of what else the
/// value is multiplied with. Empty names: nothing.
struct ScaleExpression {
  reading::Weight constant;
  std::string setting;
  std::string code;
  std::vector<NamedFactor> factors;
};

/// A failure is a message for the author of the model.
[[nodiscard]] auto parse_scale(std::string_view text) -> wire::Result<ScaleExpression, std::string>;

/// Of an instrument transformer, primary by secondary: "250/5", "20000/57.7".
/// Nothing unless 0.000001 <= secondary <= primary <= 100000000.
[[nodiscard]] auto parse_ratio(std::string_view text) -> std::optional<reading::Weight>;

/// "setting(flow_unit)" → flow_unit; empty if `text` is not of the form `function`(name).
[[nodiscard]] auto argument_of(std::string_view function, std::string_view text)
    -> std::string_view;

}  // namespace bornier::model
