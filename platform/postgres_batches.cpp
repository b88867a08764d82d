// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_batches.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "platform/postgres_values.hpp"

namespace bornier::platform::postgres {
namespace {

using Key = std::pair<std::int64_t, std::int64_t>;

constexpr int data = 0;
constexpr int tombstone = 1;

auto readings_in(const BatchArrival& arrival) -> std::int64_t {
  return std::holds_alternative<reading::Entries>(arrival.batch.body)
             ? static_cast<std::int64_t>(arrival.batch.header.readings)
             : 0;
}

auto find(pqxx::work& work, const std::vector<Candidate>& candidates)
    -> std::map<Key, StoredBatch> {
  Array streams;
  Array sequences;
  for (const auto& candidate : candidates) {
    streams.add(candidate.key().first);
    sequences.add(candidate.key().second);
  }
  std::map<Key, StoredBatch> found;
  for (const auto& row :
       work.exec_params("SELECT stream, sequence, kind, digest FROM batch JOIN "
                        "unnest($1::integer[], $2::bigint[]) AS wanted (stream, sequence) "
                        "USING (stream, sequence)",
                        streams.text(), sequences.text())) {
    StoredBatch stored{row[2].as<int>() == tombstone, {}};
    const pqxx::binarystring digest{row[3]};
    const auto bytes = std::as_bytes(std::span{digest.data(), digest.size()});
    std::copy_n(bytes.begin(), std::min(bytes.size(), stored.digest.size()), stored.digest.begin());
    found.emplace(Key{row[0].as<std::int64_t>(), row[1].as<std::int64_t>()}, stored);
  }
  return found;
}

/// The keys of the rows that were made: another receiver may have been faster with some. In the
/// order of their keys, so that two receivers never wait for each other in a circle.
auto insert(pqxx::work& work, const std::vector<Candidate>& candidates) -> std::set<Key> {
  if (candidates.empty()) {
    return {};
  }
  Array streams, sequences, digests, received, kinds, classes, revisions, readings, firsts, lasts,
      bytes;
  for (const auto& candidate : candidates) {
    const auto& arrival = *candidate.arrival;
    const auto& header = arrival.batch.header;
    streams.add(candidate.key().first);
    sequences.add(candidate.key().second);
    digests.add(candidate.digest);
    received.add(arrival.received_at);
    kinds.add(std::holds_alternative<reading::Gap>(arrival.batch.body) ? tombstone : data);
    classes.add(static_cast<int>(header.batch_class));
    revisions.add(header.catalog_revision.value());
    readings.add(readings_in(arrival));
    firsts.add(header.first);
    lasts.add(header.last);
    bytes.add(static_cast<std::int64_t>(arrival.payload.size()));
  }
  std::set<Key> inserted;
  for (const auto& row : work.exec_params(
           "INSERT INTO batch (stream, sequence, digest, received_at, kind, class, "
           "catalog_revision, readings, first, last, bytes) "
           "SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[], $4::timestamptz[], "
           "$5::smallint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::timestamptz[], "
           "$10::timestamptz[], $11::bigint[]) AS new (stream, sequence) "
           "ORDER BY stream, sequence ON CONFLICT DO NOTHING RETURNING stream, sequence",
           streams.text(), sequences.text(), digests.text(), received.text(), kinds.text(),
           classes.text(), revisions.text(), readings.text(), firsts.text(), lasts.text(),
           bytes.text())) {
    inserted.emplace(row[0].as<std::int64_t>(), row[1].as<std::int64_t>());
  }
  return inserted;
}

/// Declared lost, and here after all; false if another receiver was faster.
auto replace_tombstone(pqxx::work& work, const Candidate& candidate) -> bool {
  const auto& arrival = *candidate.arrival;
  const auto& header = arrival.batch.header;
  const auto [stream, sequence] = candidate.key();
  const auto replaced = work.exec_params(
      "UPDATE batch SET digest = $3, received_at = $4, kind = $5, class = $6, "
      "catalog_revision = $7, readings = $8, first = $9, last = $10, bytes = $11 "
      "WHERE stream = $1 AND sequence = $2 AND kind = $12",
      stream, sequence, blob(candidate.digest), timestamp(arrival.received_at), data,
      static_cast<int>(header.batch_class), header.catalog_revision.value(), readings_in(arrival),
      timestamp(header.first), timestamp(header.last), arrival.payload.size(), tombstone);
  if (replaced.affected_rows() == 0) {
    return false;
  }
  work.exec_params("DELETE FROM gap WHERE stream = $1 AND sequence = $2", stream, sequence);
  return true;
}

/// Splits off all but the first candidate of each key.
auto repetitions(std::vector<Candidate>& candidates) -> std::vector<Candidate> {
  std::vector<Candidate> again;
  std::set<Key> seen;
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const bool first = seen.insert(candidate.key()).second;
    if (!first) {
      again.push_back(candidate);
    }
    return !first;
  });
  return again;
}

void account(Outcome& outcome, const Candidate& candidate, std::int64_t received) {
  const auto [stream, sequence] = candidate.key();
  const auto held = static_cast<std::int64_t>(candidate.arrival->batch.header.oldest_held.value());
  const bool tells_first = received > 0 && held > 0;
  const auto first = tells_first ? std::min(held, sequence) : sequence;
  auto& growth =
      outcome.streams.try_emplace(stream, Outcome::Growth{first, sequence, 0, 0}).first->second;
  growth.first = std::min(growth.first, first);
  growth.newest = std::max(growth.newest, sequence);
  growth.received += received;
  growth.readings += readings_in(*candidate.arrival);
  outcome.written.push_back(NewBatch{candidate.arrival, candidate.stream});
  outcome.fates.emplace_back(candidate, Fate::store);
}

}  // namespace

auto write_batches(pqxx::work& work, std::vector<Candidate> candidates) -> Outcome {
  Outcome outcome;
  std::ranges::sort(candidates, {}, [](const Candidate& candidate) {
    return std::pair{candidate.key(), candidate.index};
  });
  while (!candidates.empty()) {
    auto later = repetitions(candidates);
    const auto stored = find(work, candidates);
    std::vector<Candidate> fresh;
    for (const auto& candidate : candidates) {
      const auto found = stored.find(candidate.key());
      const auto fate = fate_of(candidate.arrival->batch, candidate.digest,
                                found == stored.end() ? std::nullopt : std::optional{found->second},
                                candidate.stream->keys, candidate.stream->contested);
      if (fate == Fate::store) {
        fresh.push_back(candidate);
      } else if (fate != Fate::replace_tombstone) {
        outcome.fates.emplace_back(candidate, fate);
      } else if (replace_tombstone(work, candidate)) {
        account(outcome, candidate, 0);
      } else {
        later.push_back(candidate);
      }
    }
    const auto inserted = insert(work, fresh);
    for (const auto& candidate : fresh) {
      if (inserted.contains(candidate.key())) {
        account(outcome, candidate, 1);
      } else {
        later.push_back(candidate);
      }
    }
    candidates = std::move(later);
  }
  return outcome;
}

}  // namespace bornier::platform::postgres
