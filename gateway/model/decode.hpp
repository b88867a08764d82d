// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/model.hpp"
#include "reading/acquisition.hpp"
#include "reading/decimal.hpp"
#include "reading/quality.hpp"
#include "wire/registers.hpp"

namespace bornier::model {

/// Registers of one answer. `words` are not owned.
struct RegisterBlock {
  wire::Table table{};
  std::uint16_t first{};
  std::span<const std::uint16_t> words;
  bool alone{};  ///< asked for by a point that is read alone: what others have there is not in it
};

/// What a message has for a point of the encoding `written`.
struct Written {
  std::size_t point{};  ///< index into Model::points
  std::variant<reading::Decimal, std::string, reading::Acquisition> value;
  /// The number has more digits than a Decimal: those left out are not 0, and the last one that is
  /// kept is neither 0 nor 5, so that rounding to fewer digits comes out as it would with all.
  bool cut{};
};

struct Decoded {
  std::size_t point{};  ///< index into Model::points
  /// Number, text, or why there is neither: `not_available` (the meter's own sentinel, or NaN),
  /// `unsupported` (the sentinel for what this meter lacks),
  /// `out_of_range` (does not fit, or the meter tells a unit or code that the model or the settings
  /// do not know), `not_polled_yet` (no block holds the registers).
  std::variant<reading::Decimal, std::string, reading::Acquisition> value;
  reading::Quality quality;
};

/// What the blocks say about the points, in the order of `points`. What a point needs beside
/// its own registers (Point::together) is looked for in the same blocks. A block of coils or
/// discrete inputs has one word a bit. Cost is independent of the model's
/// size.
[[nodiscard]] auto decode(const Model& model, const Settings& settings,
                          std::span<const std::size_t> points,
                          std::span<const RegisterBlock> blocks) -> std::vector<Decoded>;

/// The same of a message: its bytes as blocks, its digits and texts as they are written there.
[[nodiscard]] auto decode(const Model& model, const Settings& settings,
                          std::span<const std::size_t> points,
                          std::span<const RegisterBlock> blocks, std::span<const Written> written)
    -> std::vector<Decoded>;

/// How raw becomes the point's value, with the codes and factors that the blocks hold; or why there
/// is no value. Not for derived points and texts.
[[nodiscard]] auto conversion_of(const Model& model, const Settings& settings, const Point& point,
                                 std::span<const RegisterBlock> blocks)
    -> std::variant<Conversion, reading::Acquisition>;

/// The choice of a setting (index into Model::settings), as its register in the blocks tells it; or
/// why it is not known: `not_polled_yet`, or `out_of_range` where the register shows nothing that
/// the model knows or something else than was chosen.
[[nodiscard]] auto choice_of(const Model& model, const Settings& settings, std::size_t setting,
                             std::span<const RegisterBlock> blocks)
    -> std::variant<std::size_t, reading::Acquisition>;

/// The point's encoding in the order that the settings choose.
[[nodiscard]] auto encoding_of(const Model& model, const Settings& settings, const Point& point,
                               std::span<const RegisterBlock> blocks)
    -> std::variant<Encoding, reading::Acquisition>;

/// Which of the code's options the bits of its register say; nothing if none.
[[nodiscard]] auto option_of(const Code& code, std::uint64_t bits) noexcept
    -> std::optional<std::size_t>;

/// "230.20 V", "16777.216 kW.h coarse", a text as it is, or "not available" …
[[nodiscard]] auto to_text(const Model& model, const Settings& settings, const Decoded& decoded)
    -> std::string;

}  // namespace bornier::model
