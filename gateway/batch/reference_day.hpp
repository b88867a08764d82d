// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "reading/entries.hpp"

/// The reference day of the encoding figures, tests/data/reference-day-meter-*.csv.zst: five meters
/// × 20 channels × 1,440 minutes. Test code.
namespace bornier::batch::reference_day {

/// Answers in order of time and meter; meter m (1 … 5) has the points 20 m - 19 … 20 m.
/// `jitter_ms`: each answer's time is off by a pseudo-random -jitter … +jitter, the same in each
/// run.
[[nodiscard]] auto answers(int jitter_ms) -> std::vector<reading::Answer>;

/// Payload bytes of the whole day in batches of `minutes`, envelopes included.
[[nodiscard]] auto payload_bytes(const std::vector<reading::Answer>& answers, int minutes)
    -> std::uint64_t;

}  // namespace bornier::batch::reference_day
