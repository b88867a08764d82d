// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "batch/catalog.hpp"
#include "platform/database.hpp"

namespace bornier::platform {

/// What becomes of a catalog whose stream has `newest`. It
/// - contradicts itself: quarantined;
/// - gives a number of the stream another meaning, or has a number that the newest one lacks though
///   it is of no later revision: conflict;
/// - says nothing new: already_there.
[[nodiscard]] auto judge(const batch::Catalog& catalog, const std::optional<batch::Catalog>& newest)
    -> Verdict;

/// The reason to note beside a catalog that is set aside; nothing if it is not.
[[nodiscard]] auto why_set_aside(Verdict verdict) -> std::optional<std::string_view>;

/// A JSON object.
[[nodiscard]] auto labels_to_json(const std::map<std::string, std::string>& labels) -> std::string;
/// A JSON object, code -> label; nothing where there are none.
[[nodiscard]] auto codes_to_json(const std::map<std::int64_t, std::string>& labels)
    -> std::optional<std::string>;

}  // namespace bornier::platform
