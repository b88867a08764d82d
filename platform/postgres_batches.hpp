// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/batch_rules.hpp"
#include "platform/database.hpp"
#include "platform/digest.hpp"
#include "platform/postgres_directory.hpp"
#include "platform/postgres_entries.hpp"

namespace bornier::platform::postgres {

/// A batch that is on its way into the database.
struct Candidate {
  std::size_t index;  ///< among the arrivals
  const BatchArrival* arrival;
  const Directory::Stream* stream;
  Digest digest;

  /// (stream, sequence): the key of its row.
  [[nodiscard]] auto key() const -> std::pair<std::int64_t, std::int64_t> {
    return {stream->keys.id, static_cast<std::int64_t>(arrival->batch.header.sequence.value())};
  }
};

/// What a transaction did with its batches.
struct Outcome {
  /// Of every candidate; one that took the place of its tombstone is stored too.
  std::vector<std::pair<Candidate, Fate>> fates;
  std::vector<NewBatch> written;  ///< the rows of these; what is in them is still to come

  /// What the counters of a stream have to grow by.
  struct Growth {
    std::int64_t first{};
    std::int64_t newest{};
    std::int64_t received{};
    std::int64_t readings{};
  };
  std::map<std::int64_t, Growth> streams;  ///< by id
};

/// Writes the rows of batches that are not there yet. Whether one is, the key of the table decides:
/// of two receivers with one number the second waits until the first has committed, and then looks
/// again.
[[nodiscard]] auto write_batches(pqxx::work& work, std::vector<Candidate> candidates) -> Outcome;

}  // namespace bornier::platform::postgres
