// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "buffer/rows.hpp"
#include "buffer/store.hpp"

/// How long batches have been held. Counted in time that passed since boot, which no step of the
/// wall clock moves (promise 5).
namespace bornier::buffer {

/// What a pause between two boots counts at most. How long the power was off is known from the wall
/// clock alone, and that may have been wrong before or be wrong now.
constexpr std::chrono::milliseconds longest_pause = std::chrono::hours{24};

/// The lifetime goes on at `clock`. Its start number is one higher, and not less than the seconds
/// since 1970 if the clock is trusted: so it grows even when the file was lost in between.
[[nodiscard]] auto resumed(const std::optional<Lifetime>& saved, const Clock& clock) -> Lifetime;

/// The same start at a later moment of the same boot.
[[nodiscard]] auto later(Lifetime lifetime, const reading::Now& now) -> Lifetime;

/// Batches whose id is less were sealed `held` ago or earlier; 0 if none is known to be so old.
[[nodiscard]] auto batches_held(const SQLite::Database& database, const Lifetime& now,
                                std::chrono::milliseconds held) -> std::int64_t;

/// Remembers that the batches before `next_id` are sealed by now; true if a mark was due. Marks no
/// longer needed for `longest_held` go.
auto note_age(const SQLite::Database& database, const Lifetime& now, std::int64_t next_id,
              std::chrono::milliseconds shortest_held, std::chrono::milliseconds longest_held)
    -> bool;

}  // namespace bornier::buffer
