// SPDX-License-Identifier: Apache-2.0
#include "model/scale_expression.hpp"

#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "reading/decimal.hpp"

namespace bornier::model {
namespace {

auto trimmed(std::string_view text) -> std::string_view {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// "0.01", "10", or a ratio of whole numbers, "1/16".
auto parse_constant(std::string_view term) -> std::optional<reading::Weight> {
  const auto slash = term.find('/');
  const auto numerator = reading::parse_decimal(trimmed(term.substr(0, slash)));
  if (!numerator || numerator->mantissa == 0 ||
      numerator->mantissa == std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  reading::Weight weight{numerator->mantissa, 1, numerator->exponent};
  if (slash != std::string_view::npos) {
    const auto denominator = reading::parse_decimal(trimmed(term.substr(slash + 1)));
    if (!denominator || denominator->mantissa <= 0 || denominator->exponent != 0) {
      return std::nullopt;
    }
    weight.denominator = static_cast<std::uint64_t>(denominator->mantissa);
  }
  return weight;
}

}  // namespace

auto parse_ratio(std::string_view text) -> std::optional<reading::Weight> {
  const auto slash = text.find('/');
  const auto primary = reading::parse_decimal(text.substr(0, slash));
  const auto secondary = slash == std::string_view::npos
                             ? std::nullopt
                             : reading::parse_decimal(text.substr(slash + 1));
  if (!primary || !secondary || primary->mantissa <= 0 || secondary->mantissa <= 0 ||
      compare(*primary, *secondary) < 0) {
    return std::nullopt;
  }
  constexpr std::int64_t largest = 100'000'000;
  if (primary->mantissa > largest || secondary->mantissa > largest ||
      compare(*primary, {largest, 0}) > 0 || compare(*secondary, {1, -6}) < 0) {
    return std::nullopt;
  }
  const auto exponent = primary->exponent - secondary->exponent;
  return reading::Weight{primary->mantissa, static_cast<std::uint64_t>(secondary->mantissa),
                         static_cast<std::int16_t>(exponent)};
}

auto argument_of(std::string_view function, std::string_view text) -> std::string_view {
  if (!text.starts_with(function) || !text.ends_with(')') || text.size() < function.size() + 2 ||
      text[function.size()] != '(') {
    return {};
  }
  return trimmed(text.substr(function.size() + 1, text.size() - function.size() - 2));
}

namespace {

auto parse_factor(std::string_view term) -> std::optional<NamedFactor> {
  constexpr std::array kinds{std::pair{"pow10", Factor::Kind::power_of_ten},
                             std::pair{"mul", Factor::Kind::multiply},
                             std::pair{"div", Factor::Kind::divide}};
  for (const auto& [function, kind] : kinds) {
    if (const auto point = argument_of(function, term); !point.empty()) {
      return NamedFactor{kind, std::string{point}};
    }
  }
  return std::nullopt;
}

}  // namespace

auto parse_scale(std::string_view text) -> wire::Result<ScaleExpression, std::string> {
  ScaleExpression scale;
  for (bool more = true; more;) {
    const auto star = text.find('*');
    const std::string_view term = trimmed(text.substr(0, star));
    more = star != std::string_view::npos;
    text.remove_prefix(more ? star + 1 : text.size());

    if (auto factor = parse_factor(term)) {
      scale.factors.push_back(*std::move(factor));
      continue;
    }
    const std::string_view setting = argument_of("setting", term);
    const std::string_view code = argument_of("code", term);
    if ((!setting.empty() && !scale.setting.empty()) || (!code.empty() && !scale.code.empty())) {
      return "a scale takes one setting(…) and one code(…) at most";
    }
    if (!setting.empty()) {
      scale.setting = setting;
    } else if (!code.empty()) {
      scale.code = code;
    } else {
      const auto constant = parse_constant(term);
      if (!constant) {
        return "`" + std::string{term} +
               "` is no term of a scale; write a number other than 0 (0.01, 1/16), setting(NAME), "
               "code(NAME), pow10(POINT), mul(POINT) or div(POINT), joined by *";
      }
      const auto product = multiply(scale.constant, *constant);
      if (!product) {
        return std::string{"the numbers of this scale multiply to more than 63 bits"};
      }
      scale.constant = *product;
    }
  }
  return scale;
}

}  // namespace bornier::model
