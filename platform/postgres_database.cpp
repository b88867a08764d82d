// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_database.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "platform/names.hpp"
#include "platform/postgres_directory.hpp"
#include "platform/postgres_failure.hpp"
#include "platform/postgres_partitions.hpp"
#include "platform/postgres_setup.hpp"
#include "platform/postgres_storing.hpp"

namespace bornier::platform {
namespace {

constexpr std::chrono::hours look_for_expired_every{1};

struct Session {
  explicit Session(const std::string& url) : connection{postgres::connect(url)} {
    postgres::set_up(*connection, postgres::migrations());
  }

  std::unique_ptr<pqxx::connection> connection;
  postgres::Directory directory;
  postgres::Partitions partitions;
};

/// The newest of what came in.
auto newest_of(std::span<const Arrival> arrivals) -> reading::Stamp {
  reading::Stamp newest{};
  for (const auto& arrival : arrivals) {
    newest = std::max(newest, std::visit([](const auto& one) { return one.received_at; }, arrival));
  }
  return newest;
}

auto ranges_of(pqxx::nontransaction& work, std::int64_t stream, std::int64_t from)
    -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> ranges;
  for (const auto& row : work.exec_params(
           "SELECT min(sequence), max(sequence) FROM (SELECT sequence, "
           "sequence - row_number() OVER (ORDER BY sequence) AS island "
           "FROM batch WHERE stream = $1 AND sequence >= $2) numbered GROUP BY island ORDER BY 1",
           stream, from)) {
    ranges.push_back(
        {batch::Sequence{row[0].as<std::uint64_t>()}, batch::Sequence{row[1].as<std::uint64_t>()}});
  }
  return ranges;
}

/// libpqxx's errors travel as exceptions inside and leave as a Failure, and the connection with
/// them: after a failure everything that was looked up is looked up again.
class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(PostgresSettings settings) : settings_{std::move(settings)} {}

  auto open() -> std::optional<Failure> {
    const auto opened = attempt([](Session&) { return true; });
    return opened ? std::nullopt : std::optional{opened.error()};
  }

  auto store(std::span<const Arrival> arrivals)
      -> wire::Result<std::vector<Verdict>, Failure> override {
    return attempt([&](Session& session) {
      drop_expired(session, newest_of(arrivals));
      session.partitions.make_for(*session.connection, arrivals);
      return postgres::store(*session.connection, session.directory, settings_.aside, arrivals);
    });
  }
  auto known_streams() -> wire::Result<std::vector<KnownStream>, Failure> override {
    return attempt(read_known_streams);
  }
  auto known_stream(const StreamName& name, batch::Sequence from)
      -> wire::Result<KnownStream, Failure> override {
    return attempt([&](Session& session) { return read_known_stream(session, name, from); });
  }
  auto catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> override {
    return attempt(read_catalogs);
  }

 private:
  template <class Work>
  auto attempt(Work work) -> wire::Result<std::invoke_result_t<Work, Session&>, Failure> {
    std::string reason;
    try {
      if (!session_) {
        session_ = std::make_unique<Session>(settings_.url);
      }
      return work(*session_);
    } catch (const pqxx::pqxx_exception& failure) {
      const auto& explain = session_ ? postgres::in_one_line : postgres::with_remedy;
      reason = explain(settings_.url, failure.base().what());
    } catch (const std::runtime_error& failure) {
      reason = failure.what();
    }
    session_.reset();
    return Failure{"PostgreSQL: " + reason};
  }

  void drop_expired(Session& session, reading::Stamp now) {
    if (!expired_looked_at_ || now >= *expired_looked_at_ + look_for_expired_every) {
      // Before the look: whatever becomes of it, the next commit stores.
      expired_looked_at_ = now;
      say(session.partitions.drop_expired(*session.connection, settings_.retention, now));
    }
  }
  /// Each table once.
  void say(const std::vector<postgres::Refusal>& refusals) {
    for (const auto& [table, why] : refusals) {
      if (refused_.insert(table).second) {
        spdlog::warn(
            "{} is older than it is to be kept and cannot be removed ({}): it is left, and tried "
            "again every hour; drop what depends on it, or let the receiver's role own it",
            table, why);
      }
    }
  }
  static auto read_known_streams(Session& session) -> std::vector<KnownStream>;
  static auto read_known_stream(Session& session, const StreamName& name, batch::Sequence from)
      -> KnownStream;
  static auto read_catalogs(Session& session) -> std::vector<batch::Catalog>;

  PostgresSettings settings_;
  std::unique_ptr<Session> session_;
  std::optional<reading::Stamp> expired_looked_at_;
  std::set<std::string> refused_;  ///< what was said already
};

auto PostgresDatabase::read_known_streams(Session& session) -> std::vector<KnownStream> {
  pqxx::nontransaction work{*session.connection};
  std::vector<KnownStream> streams;
  for (const auto& row :
       work.exec("SELECT s.id, g.city, g.name, s.name, "
                 "coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0), "
                 "s.received, coalesce(s.newest, 0) "
                 "FROM stream s JOIN gateway g ON g.id = s.gateway ORDER BY s.id")) {
    const auto id = parse_stream(row[3].c_str());
    if (!id) {
      continue;
    }
    KnownStream stream{
        {row[1].c_str(), row[2].c_str(), *id}, batch::Revision{row[4].as<std::uint32_t>()}, {}};
    const auto received = row[5].as<std::uint64_t>();
    if (received > 0 && received == row[6].as<std::uint64_t>()) {
      // Numbers start at 1: none is missing, and nothing has to be counted.
      stream.stored = {{batch::Sequence{1}, batch::Sequence{received}}};
    } else {
      stream.stored = ranges_of(work, row[0].as<std::int64_t>(), 1);
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

auto PostgresDatabase::read_known_stream(Session& session, const StreamName& name,
                                         batch::Sequence from) -> KnownStream {
  pqxx::nontransaction work{*session.connection};
  KnownStream known{name, {}, {}};
  for (const auto& row : work.exec_params(
           "SELECT s.id, coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0) "
           "FROM stream s JOIN gateway g ON g.id = s.gateway "
           "WHERE g.city = $1 AND g.name = $2 AND s.name = $3",
           name.city, name.gateway, to_text(name.stream))) {
    known.catalog = batch::Revision{row[1].as<std::uint32_t>()};
    known.stored =
        ranges_of(work, row[0].as<std::int64_t>(), static_cast<std::int64_t>(from.value()));
  }
  return known;
}

auto PostgresDatabase::read_catalogs(Session& session) -> std::vector<batch::Catalog> {
  pqxx::nontransaction work{*session.connection};
  std::vector<batch::Catalog> catalogs;
  for (const auto& row : work.exec(
           "SELECT DISTINCT ON (stream) payload FROM catalog ORDER BY stream, revision DESC")) {
    const pqxx::binarystring payload{row[0]};
    if (auto catalog =
            batch::decode_catalog(std::as_bytes(std::span{payload.data(), payload.size()}))) {
      catalogs.push_back(std::move(*catalog));
    }
  }
  return catalogs;
}

}  // namespace

auto open_postgres(PostgresSettings settings) -> wire::Result<std::unique_ptr<Database>, Failure> {
  auto database = std::make_unique<PostgresDatabase>(std::move(settings));
  if (auto failure = database->open()) {
    return std::move(*failure);
  }
  return std::unique_ptr<Database>{std::move(database)};
}

}  // namespace bornier::platform
