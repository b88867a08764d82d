// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "wire/result.hpp"

namespace bornier::buffer {

/// Puts `content` in the place of `file` as a whole: after a power cut there is the old one or the
/// new one. May stall as long as the disk does. An error is a sentence with the file's name.
[[nodiscard]] auto replace_file(const std::filesystem::path& file, std::string_view content)
    -> wire::Result<void, std::string>;

}  // namespace bornier::buffer
