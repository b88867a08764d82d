// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bornier::model {

/// One mistake in a file that a person wrote.
struct Diagnostic {
  std::string file;
  int line{};           ///< from 1
  int column{};         ///< from 1
  std::string message;  ///< names the value and what to do about it
  friend auto operator==(const Diagnostic&, const Diagnostic&) -> bool = default;
};

/// "file:line:column: error: message", as compilers write it, so that editors jump there.
[[nodiscard]] auto to_text(const Diagnostic& diagnostic) -> std::string;

/// The candidate that `name` is most likely a typing mistake of; nothing if none is close.
/// Views into `candidates`.
[[nodiscard]] auto nearest(std::string_view name, std::span<const std::string_view> candidates)
    -> std::optional<std::string_view>;

/// "; did you mean `voltage`?" or, if nothing is close, "".
[[nodiscard]] auto did_you_mean(std::string_view name, std::span<const std::string_view> candidates)
    -> std::string;

}  // namespace bornier::model
