// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"
#include "wire/result.hpp"

namespace bornier::model {

/// ASCII only, whatever the locale.
[[nodiscard]] auto lower(std::string_view text) -> std::string;

/// `*` in the pattern stands for any characters, also none.
[[nodiscard]] auto matches(std::string_view text, std::string_view pattern) noexcept -> bool;

struct UnknownPattern {
  std::string pattern;
  std::string suggestion;  ///< nearest point or group; empty if none is close
};

/// Points, in the order of the model and each once, that are named by a group ("billing",
/// "essential", "all"), a point name, or a pattern in which `*` stands for any characters. A point
/// that is only written is none.
[[nodiscard]] auto select(const Model& model, std::span<const std::string> patterns)
    -> wire::Result<std::vector<std::size_t>, std::vector<UnknownPattern>>;

}  // namespace bornier::model
