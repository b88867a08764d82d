// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "platform/database.hpp"
#include "platform/retention.hpp"

namespace bornier::platform {

struct PostgresSettings {
  std::string url;  ///< postgresql://…, with libpq's parameters
  AsideLimits aside;
  Retention retention;
};

/// Connects, and makes or updates the tables and views of schema/postgresql.sql. Several receivers
/// may work on one database: each number is stored by one of them, whoever comes first. A lost
/// connection is a Failure; the next call connects again.
[[nodiscard]] auto open_postgres(PostgresSettings settings)
    -> wire::Result<std::unique_ptr<Database>, Failure>;

}  // namespace bornier::platform
