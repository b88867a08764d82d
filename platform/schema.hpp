// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bornier::platform {

/// schema/sqlite.sql, built into the program.
extern const char* const sqlite_schema;
/// In the file's `user_version`. Grows with every change of the schema.
inline constexpr int sqlite_schema_version = 1;

/// schema/postgresql.sql, built into the program: version 1.0.
extern const char* const postgres_schema;

}  // namespace bornier::platform
