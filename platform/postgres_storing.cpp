// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_storing.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "platform/catalog_rules.hpp"
#include "platform/postgres_batches.hpp"
#include "platform/postgres_entries.hpp"
#include "platform/postgres_values.hpp"

namespace bornier::platform::postgres {
namespace {

/// What the index of a unique column takes, with room to spare.
constexpr std::size_t longest_topic = 1'000;

/// One transaction. Rows are locked in the order of Lock, then batch, stream, gateway.
class Storing {
 public:
  Storing(pqxx::connection& connection, Directory& directory, const AsideLimits& aside,
          std::span<const Arrival> arrivals)
      : work_{connection},
        directory_{directory},
        aside_{aside},
        arrivals_{arrivals},
        verdicts_(arrivals.size(), Verdict::stored) {}

  auto run() -> std::vector<Verdict>;

 private:
  void learn_catalogs();
  auto candidates() -> std::vector<Candidate>;
  void judge(const std::vector<std::pair<Candidate, Fate>>& fates);
  void write_aside();
  void write(const Quarantined& quarantined);
  void write_conflict(const Candidate& candidate);
  void grow_streams(const std::map<std::int64_t, Outcome::Growth>& streams);
  void see_gateways();
  void write_status(const StatusArrival& arrival);
  void see(std::int64_t gateway, reading::Stamp at);
  [[nodiscard]] auto cut(std::span<const std::byte> payload) const -> pqxx::binarystring {
    return blob(payload.first(std::min(payload.size(), aside_.bytes_each)));
  }

  pqxx::work work_;
  Directory& directory_;
  const AsideLimits& aside_;
  std::span<const Arrival> arrivals_;
  std::vector<Verdict> verdicts_;
  std::vector<Quarantined> quarantined_;
  std::vector<Candidate> conflicts_;
  std::multimap<std::int64_t, const StatusArrival*> statuses_;  ///< by gateway
  std::map<std::int64_t, reading::Stamp> seen_;                 ///< by gateway
};

auto Storing::run() -> std::vector<Verdict> {
  directory_.refresh(work_);
  // A catalog that came with its batches is known to all of them.
  learn_catalogs();
  auto outcome = write_batches(work_, candidates());
  judge(outcome.fates);
  write_entries(work_, directory_, outcome.written);
  write_aside();
  grow_streams(outcome.streams);
  see_gateways();
  work_.commit();
  return std::move(verdicts_);
}

void Storing::learn_catalogs() {
  for (std::size_t index = 0; index < arrivals_.size(); ++index) {
    const auto* arrival = std::get_if<CatalogArrival>(&arrivals_[index]);
    if (!arrival) {
      continue;
    }
    verdicts_[index] = directory_.learn(work_, *arrival);
    const auto& catalog = arrival->catalog;
    const auto topic = batch::to_text({catalog.city, catalog.gateway, batch::TopicKind::catalog});
    if (const auto reason = why_set_aside(verdicts_[index])) {
      quarantined_.push_back({topic, std::string{*reason}, arrival->payload, arrival->received_at});
    }
  }
}

auto Storing::candidates() -> std::vector<Candidate> {
  std::vector<Candidate> candidates;
  for (std::size_t index = 0; index < arrivals_.size(); ++index) {
    if (const auto* batch = std::get_if<BatchArrival>(&arrivals_[index])) {
      const auto& header = batch->batch.header;
      const auto& stream = directory_.stream(work_, header.city, header.gateway, header.stream);
      see(stream.keys.gateway, batch->received_at);
      candidates.push_back({index, batch, &stream, digest_of(batch->payload)});
    } else if (const auto* status = std::get_if<StatusArrival>(&arrivals_[index])) {
      const auto gateway = directory_.gateway(work_, status->city, status->status.gateway);
      statuses_.emplace(gateway, status);
      if (status->status.online && !status->retained) {
        see(gateway, status->received_at);
      }
    } else if (const auto* bytes = std::get_if<Quarantined>(&arrivals_[index])) {
      verdicts_[index] = Verdict::quarantined;
      quarantined_.push_back(*bytes);
    }
  }
  return candidates;
}

void Storing::judge(const std::vector<std::pair<Candidate, Fate>>& fates) {
  for (const auto& [candidate, fate] : fates) {
    auto& verdict = verdicts_[candidate.index];
    const auto& arrival = *candidate.arrival;
    switch (fate) {
      case Fate::store:
      case Fate::replace_tombstone: verdict = Verdict::stored; break;
      case Fate::already_there: verdict = Verdict::already_there; break;
      case Fate::conflict:
        verdict = Verdict::conflict;
        conflicts_.push_back(candidate);
        break;
      case Fate::set_aside: {
        verdict = Verdict::quarantined;
        const auto& header = arrival.batch.header;
        quarantined_.push_back(
            {batch::to_text({header.city, header.gateway, batch::TopicKind::batch}),
             std::string{objection(arrival.batch, candidate.stream->keys).value_or("")},
             arrival.payload, arrival.received_at});
        break;
      }
    }
  }
}

void Storing::write_aside() {
  if (quarantined_.empty() && conflicts_.empty()) {
    return;
  }
  take(work_, Lock::aside);
  for (const auto& quarantined : quarantined_) {
    write(quarantined);
  }
  for (const auto& conflict : conflicts_) {
    write_conflict(conflict);
  }
  // Ids have holes here: a row that comes again uses one up.
  work_.exec_params(
      "DELETE FROM quarantine WHERE id <= "
      "(SELECT id FROM quarantine ORDER BY id DESC OFFSET $1 LIMIT 1)",
      aside_.quarantined);
  work_.exec_params(
      "DELETE FROM conflict WHERE id <= "
      "(SELECT id FROM conflict ORDER BY id DESC OFFSET $1 LIMIT 1)",
      aside_.conflicts);
}

void Storing::write(const Quarantined& quarantined) {
  work_.exec_params(
      "INSERT INTO quarantine AS q (topic, reason, digest, received_at, times, bytes, payload) "
      "VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (digest, topic) DO UPDATE SET "
      "times = q.times + 1, received_at = excluded.received_at, reason = excluded.reason",
      text(quarantined.topic.substr(0, longest_topic)), text(quarantined.reason),
      blob(digest_of(quarantined.payload)), timestamp(quarantined.received_at),
      quarantined.payload.size(), cut(quarantined.payload));
}

void Storing::write_conflict(const Candidate& candidate) {
  const auto& arrival = *candidate.arrival;
  const auto [stream, sequence] = candidate.key();
  work_.exec_params(
      "INSERT INTO conflict AS c (stream, sequence, digest, received_at, times, bytes, payload) "
      "VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (stream, sequence, digest) DO UPDATE SET "
      "times = c.times + 1, received_at = excluded.received_at",
      stream, sequence, blob(candidate.digest), timestamp(arrival.received_at),
      arrival.payload.size(), cut(arrival.payload));
}

void Storing::grow_streams(const std::map<std::int64_t, Outcome::Growth>& streams) {
  if (streams.empty()) {
    return;
  }
  Array ids, firsts, newest, received, readings;
  for (const auto& [id, growth] : streams) {
    ids.add(id);
    firsts.add(growth.first);
    newest.add(growth.newest);
    received.add(growth.received);
    readings.add(growth.readings);
  }
  work_.exec_params(
      "SELECT id FROM stream WHERE id = ANY($1::integer[]) ORDER BY id FOR NO KEY UPDATE",
      ids.text());
  work_.exec_params(
      "UPDATE stream s SET first = least(s.first, g.first), newest = greatest(s.newest, g.newest), "
      "received = s.received + g.received, readings = s.readings + g.readings "
      "FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) "
      "AS g (id, first, newest, received, readings) WHERE s.id = g.id",
      ids.text(), firsts.text(), newest.text(), received.text(), readings.text());
}

void Storing::see(std::int64_t gateway, reading::Stamp at) {
  auto& last = seen_.try_emplace(gateway, at).first->second;
  last = std::max(last, at);
}

void Storing::see_gateways() {
  Array locked, ids, times;
  for (const auto& [gateway, at] : seen_) {
    locked.add(gateway);
    ids.add(gateway);
    times.add(at);
  }
  for (const auto& [gateway, status] : statuses_) {
    locked.add(gateway);
  }
  work_.exec_params(
      "SELECT id FROM gateway WHERE id = ANY($1::integer[]) ORDER BY id FOR NO KEY UPDATE",
      locked.text());
  work_.exec_params(
      "UPDATE gateway g SET last_seen = greatest(g.last_seen, n.at) "
      "FROM unnest($1::integer[], $2::timestamptz[]) AS n (id, at) WHERE g.id = n.id",
      ids.text(), times.text());
  for (const auto& [gateway, status] : statuses_) {
    write_status(*status);
  }
}

void Storing::write_status(const StatusArrival& arrival) {
  const auto& status = arrival.status;
  const auto big = [](auto number) { return static_cast<std::int64_t>(number); };
  work_.exec_params(
      "UPDATE gateway SET session = $1, online = $2, status_time = $3, version = $4, "
      "started = $5, clock_trusted = $6, oldest_held = $7, unconfirmed_batches = $8, "
      "unconfirmed_bytes = $9, buffer_bytes = $10, meters_ok = $11, meters_silent = $12, "
      "readings_taken = $13 WHERE id = $14 AND (session IS NULL OR session <= $1)",
      big(status.session), big(status.online), timestamp(status.time), text(status.version),
      timestamp(status.started), big(status.clock_trusted), big(status.oldest_held.value()),
      big(status.unconfirmed_batches), big(status.unconfirmed_bytes), big(status.buffer_bytes),
      status.meters_ok, status.meters_silent, big(status.readings_taken),
      directory_.gateway(work_, arrival.city, status.gateway));
}

}  // namespace

auto store(pqxx::connection& connection, Directory& directory, const AsideLimits& aside,
           std::span<const Arrival> arrivals) -> std::vector<Verdict> {
  return Storing{connection, directory, aside, arrivals}.run();
}

}  // namespace bornier::platform::postgres
