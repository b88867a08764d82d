// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bornier::model {

/// A place in a JSON document (RFC 6901).
struct JsonPointer {
  std::vector<std::string> tokens;  ///< unescaped; none: the whole document

  friend auto operator==(const JsonPointer&, const JsonPointer&) -> bool = default;
};

/// "/object/volume", "/a~1b/0", ""; nothing if it is not written as RFC 6901 says.
[[nodiscard]] auto parse_json_pointer(std::string_view text) -> std::optional<JsonPointer>;
[[nodiscard]] auto to_text(const JsonPointer& pointer) -> std::string;

}  // namespace bornier::model
