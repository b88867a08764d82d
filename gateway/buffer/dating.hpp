// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "reading/entries.hpp"

namespace bornier::buffer {

/// Earliest and latest time of some entries.
struct TimeSpan {
  reading::Stamp first;
  reading::Stamp last;
};

/// Nothing for no entries. A Gap counts with both of its ends.
[[nodiscard]] auto time_span(const reading::Entries& entries) -> std::optional<TimeSpan>;

/// Entries with times since boot get UTC; their readings are marked `time_redated`, and `estimated`
/// too where the offset is a guess.
[[nodiscard]] auto date(reading::Entries entries, std::chrono::milliseconds utc_offset,
                        bool estimated) -> reading::Entries;

}  // namespace bornier::buffer
