// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/json_pointer.hpp"
#include "model/message.hpp"
#include "reading/time.hpp"

/// How what stands in a payload is found and written anew, everything else left as it is.
namespace bornier::simulator {

/// A part of a text.
struct Extent {
  std::size_t begin{};
  std::size_t end{};

  friend auto operator==(const Extent&, const Extent&) -> bool = default;
};

/// Where in a JSON document (one that intake::Json takes) the value of a pointer is written, its
/// quotes included. Of names that stand twice the last one counts.
[[nodiscard]] auto extent_in_json(std::string_view document, const model::JsonPointer& pointer)
    -> std::optional<Extent>;
/// A JSON string of these characters.
[[nodiscard]] auto json_string(std::string_view characters) -> std::string;

/// Where the field is written, its name and the blanks around it left out.
[[nodiscard]] auto extent_of_field(std::string_view text, const model::Place& place, char separator)
    -> std::optional<Extent>;

/// Digits behind the point of a number; nothing if the text is none.
[[nodiscard]] auto decimals_of(std::string_view number) -> std::optional<int>;

/// How a time is written.
struct TimeFormat {
  model::TimeNotation notation{};
  bool quoted{};
  int decimals{};  ///< of the second
  char separator{'T'};
  std::string zone{"Z"};         ///< as it stands behind the time
  std::chrono::minutes ahead{};  ///< that the zone is of UTC

  friend auto operator==(const TimeFormat&, const TimeFormat&) -> bool = default;
};
/// As this one is written; where it is no time that the source can tell, in the usual way.
[[nodiscard]] auto format_of_time(std::string_view written, const model::TimeSource& source)
    -> TimeFormat;
/// What is finer than the format can say is cut off.
[[nodiscard]] auto cut_to(const TimeFormat& format, reading::Stamp time) -> reading::Stamp;
[[nodiscard]] auto write_time(const TimeFormat& format, reading::Stamp time) -> std::string;

/// The digits that stand for bytes.
[[nodiscard]] auto text_of_bytes(std::span<const std::byte> bytes, model::Coding coding)
    -> std::string;

}  // namespace bornier::simulator
