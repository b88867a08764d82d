// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "platform/database.hpp"

namespace bornier::platform {

/// Opens the file, or creates it with the tables and views of schema/sqlite.sql. A file of a newer
/// version is refused.
[[nodiscard]] auto open_sqlite(const std::filesystem::path& file, const AsideLimits& aside = {})
    -> wire::Result<std::unique_ptr<Database>, Failure>;

}  // namespace bornier::platform
