// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bornier::platform {

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD, so
/// that whatever a meter sends stays valid JSON (RFC 8259, sections 7 and 8.1).
void append_json_string(std::string& json, std::string_view text);

}  // namespace bornier::platform
