// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <vector>

#include "platform/batch_rules.hpp"
#include "platform/database.hpp"
#include "platform/postgres_directory.hpp"

namespace bornier::platform::postgres {

/// A batch whose row this transaction has written.
struct NewBatch {
  const BatchArrival* arrival;
  const Directory::Stream* stream;

  [[nodiscard]] auto sequence() const -> std::int64_t {
    return static_cast<std::int64_t>(arrival->batch.header.sequence.value());
  }
};

/// Writes what is inside of batches: readings through COPY, then states, events and gaps.
void write_entries(pqxx::work& work, Directory& directory, const std::vector<NewBatch>& batches);

}  // namespace bornier::platform::postgres
