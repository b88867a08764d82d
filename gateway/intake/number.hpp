// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "reading/acquisition.hpp"
#include "reading/decimal.hpp"

namespace bornier::intake {

struct Digits {
  reading::Decimal value;
  bool cut{};  ///< as model::Written::cut

  friend auto operator==(const Digits&, const Digits&) -> bool = default;
};

/// The number that a text is, blanks around it aside, with the digits it is written with: "230.20",
/// "-1.5e3". `not_available` for nothing at all, "null" and NaN; `out_of_range` for infinities and
/// for what is beyond any Decimal; nothing for a text that is no number.
[[nodiscard]] auto read_number(std::string_view text)
    -> std::optional<std::variant<Digits, reading::Acquisition>>;

}  // namespace bornier::intake
