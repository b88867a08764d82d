// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace bornier::buffer {

/// schema/1.sql, schema/2.sql …: script n takes a database of schema n - 1 to n. A released script
/// never changes.
[[nodiscard]] auto schema_scripts() noexcept -> std::span<const char* const>;

}  // namespace bornier::buffer
