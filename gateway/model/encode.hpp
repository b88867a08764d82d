// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "model/decode.hpp"
#include "model/model.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// All registers of a simulated meter; what was never written reads as 0.
class RegisterImage {
 public:
  void write(wire::Table table, std::uint16_t address, std::uint16_t word);
  [[nodiscard]] auto read(wire::Table table, std::uint16_t address) const noexcept -> std::uint16_t;

 private:
  std::map<std::pair<wire::Table, std::uint16_t>, std::uint16_t> words_;
};

enum class EncodeFault : std::uint8_t {
  not_representable = 1,  ///< no register content decodes to this value
  no_sentinel,            ///< the model knows no way to say "not available" for this point
  wrong_kind,             ///< a text for a number or the reverse
  unknown_code,           ///< a register in the image that scales the point says nothing known
  derived,                ///< the point is made of others
};
[[nodiscard]] auto to_text(EncodeFault fault) noexcept -> std::string_view;

/// Number in the stored unit, text, or absent.
using PointValue = std::variant<std::monostate, reading::Decimal, std::string>;

/// The inverse of decode: writes the words that decode to `value` (numerically, at the point's
/// resolution). What scales a point must be written before it. The image is
/// unchanged on failure.
[[nodiscard]] auto encode(const Model& model, const Settings& settings, std::size_t point,
                          const PointValue& value, RegisterImage& image)
    -> wire::Result<void, EncodeFault>;

}  // namespace bornier::model
