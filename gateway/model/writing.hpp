// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/decode.hpp"
#include "model/encode.hpp"
#include "model/model.hpp"
#include "wire/result.hpp"

/// What a person wants written → the words that mean it.
namespace bornier::model {

using Words = std::vector<std::uint16_t>;

/// The words that a register without a model holds for this text: a number, "0x1F" for a whole
/// number's bits, or a text. Nothing if it cannot hold that exactly (floats: to the nearest).
[[nodiscard]] auto words_of_value(std::string_view text, const Encoding& encoding)
    -> std::optional<Words>;

/// "unit_id", "baud", "serial_format"; empty for nothing.
[[nodiscard]] auto name_of(Sets sets) noexcept -> std::string_view;

/// A writable point by its name, or by what it sets ("unit_id", "baud", "serial_format"); or why
/// there is none, for people.
[[nodiscard]] auto find_writable(const Model& model, std::string_view name)
    -> wire::Result<std::size_t, std::string>;

/// Why a value cannot be meant, for people.
struct Objection {
  std::string text;
};

/// The value that a person writes for the point: a label, a number in the point's stored unit that
/// is within its limits and among its labels, a text.
[[nodiscard]] auto parse_written(const Point& point, std::string_view text)
    -> wire::Result<PointValue, Objection>;

/// The words that make the point show the value. `beside` holds what its registers and those that
/// scale it contain now; for a field of a register the other bits are kept.
[[nodiscard]] auto words_to_write(const Model& model, const Settings& settings, std::size_t point,
                                  const PointValue& value, std::span<const RegisterBlock> beside)
    -> wire::Result<Words, EncodeFault>;

/// "2 (9600)", "230.0 V", or why there is no value.
[[nodiscard]] auto shown(const Model& model, const Settings& settings, const Decoded& decoded)
    -> std::string;
/// The same of a value that is to be written.
[[nodiscard]] auto shown(const Model& model, const Settings& settings, std::size_t point,
                         const PointValue& value) -> std::string;

struct CharacterFormat {
  Parity parity{};
  unsigned stop_bits{1};
  friend auto operator==(const CharacterFormat&, const CharacterFormat&) noexcept -> bool = default;
};
/// "8N1", "8E1", "8O2" …: eight data bits always.
[[nodiscard]] auto parse_character_format(std::string_view text) -> std::optional<CharacterFormat>;
/// "9600"; 300 to 4,000,000.
[[nodiscard]] auto parse_baud(std::string_view text) -> std::optional<unsigned>;

/// Where the meter is to be asked once a point that sets such a thing has this value; what is empty
/// stays as it was.
struct Reach {
  std::optional<std::uint8_t> unit_id;
  std::optional<unsigned> baud;
  std::optional<CharacterFormat> format;
};
[[nodiscard]] auto reach_after(const Point& point, const PointValue& value) -> Reach;

}  // namespace bornier::model
