// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/message.hpp"
#include "reading/time.hpp"

namespace bornier::intake {

/// A date with time of ISO 8601 as devices write it: "2026-11-28T04:00:00+01:00", "2026-11-28
/// 04:00:00.123Z", zones +0100 and +01 too; what is finer than milliseconds is cut off. Without a
/// zone it is a time only if that is known to be UTC.
[[nodiscard]] auto parse_iso_time(std::string_view text, bool utc_without_zone)
    -> std::optional<reading::Stamp>;

/// Seconds (also with decimals) or milliseconds since 1970, by the notation.
[[nodiscard]] auto parse_epoch(std::string_view digits, model::TimeNotation notation)
    -> std::optional<reading::Stamp>;

/// One of the two, by the notation.
[[nodiscard]] auto parse_time(std::string_view text, const model::TimeSource& source)
    -> std::optional<reading::Stamp>;

/// False for the times of clocks that were never set: in the future, before 2010, or more than 30
/// days ago. `now` is to be trusted.
[[nodiscard]] auto is_believable(reading::Stamp time, reading::Stamp now) -> bool;
/// The same without a clock of ours that could be trusted: from 2010 to 2099.
[[nodiscard]] auto is_believable(reading::Stamp time) -> bool;

}  // namespace bornier::intake
