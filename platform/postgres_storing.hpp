// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pqxx/pqxx>
#include <span>
#include <vector>

#include "platform/database.hpp"
#include "platform/postgres_directory.hpp"

namespace bornier::platform::postgres {

/// Database::store as one transaction: catalogs first, then batches in the order of their numbers.
/// Partitions for the readings must be there. Throws pqxx's exceptions; then `directory` is to be
/// thrown away.
[[nodiscard]] auto store(pqxx::connection& connection, Directory& directory,
                         const AsideLimits& aside, std::span<const Arrival> arrivals)
    -> std::vector<Verdict>;

}  // namespace bornier::platform::postgres
