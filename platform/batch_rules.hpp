// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.hpp"
#include "platform/digest.hpp"
#include "platform/stream_keys.hpp"
#include "reading/entries.hpp"

/// What a batch is to what the database holds already, and its readings as rows: the same for every
/// database.
namespace bornier::platform {

/// What is in the database under the number of a batch.
struct StoredBatch {
  bool tombstone{};
  Digest digest{};
};

enum class Fate : std::uint8_t {
  store,
  replace_tombstone,  ///< declared lost, and here after all
  already_there,
  conflict,
  set_aside,  ///< objection() says why
};

/// Why entries cannot be stored under this catalog; nothing if they can.
[[nodiscard]] auto objection(const batch::Batch& batch, const StreamKeys& keys)
    -> std::optional<std::string_view>;

/// `contested`: the stream's catalog was contradicted, nothing new is stored under it.
[[nodiscard]] auto fate_of(const batch::Batch& batch, const Digest& digest,
                           const std::optional<StoredBatch>& stored, const StreamKeys& keys,
                           bool contested) -> Fate;

struct ReadingRow {
  std::int64_t point{};
  reading::Stamp time;
  std::int64_t ordinal{};  ///< answer by answer, numbers before texts
  std::int64_t definition{};
  const reading::Number* number{};  ///< or text
  const reading::Text* text{};

  [[nodiscard]] auto quality() const -> std::uint32_t {
    return number ? number->quality.flags : text->quality.flags;
  }
};
/// Appends the readings of `entries`, which must have no objection() and stay where they are.
void append_rows(std::vector<ReadingRow>& rows, const reading::Entries& entries,
                 const StreamKeys& keys);
/// By point and time: neighbours share a page.
void sort_rows(std::vector<ReadingRow>& rows);

/// A JSON array of "meter/point", which `name_of` tells.
[[nodiscard]] auto gap_points(
    const reading::Gap& gap, const StreamKeys& keys,
    const std::function<std::string(const StreamKeys::Definition&)>& name_of) -> std::string;

}  // namespace bornier::platform
