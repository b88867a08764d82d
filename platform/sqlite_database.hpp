// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "platform/database.hpp"

namespace bornier::platform {

/// How much is kept of what cannot be stored; the oldest goes first.
struct AsideLimits {
  std::size_t quarantined = 256;
  std::size_t conflicts = 1024;
  std::size_t bytes_each = 1U << 20U;  ///< of a payload; what is longer is cut
};

/// Opens the file, or creates it with the tables and views of schema/sqlite.sql. A file of a newer
/// version is refused.
[[nodiscard]] auto open_sqlite(const std::filesystem::path& file, const AsideLimits& aside = {})
    -> wire::Result<std::unique_ptr<Database>, Failure>;

}  // namespace bornier::platform
