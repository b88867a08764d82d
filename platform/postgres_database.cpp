// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_database.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "platform/names.hpp"
#include "platform/postgres_directory.hpp"
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
      reason = failure.base().what();
    } catch (const std::runtime_error& failure) {
      reason = failure.what();
    }
    session_.reset();
    return Failure{"PostgreSQL: " + reason.substr(0, reason.find('\n'))};
  }

  void drop_expired(Session& session, reading::Stamp now) {
    if (!expired_looked_at_ || now >= *expired_looked_at_ + look_for_expired_every) {
      session.partitions.drop_expired(*session.connection, settings_.retention, now);
      expired_looked_at_ = now;
    }
  }
  static auto read_known_streams(Session& session) -> std::vector<KnownStream>;
  static auto read_catalogs(Session& session) -> std::vector<batch::Catalog>;

  PostgresSettings settings_;
  std::unique_ptr<Session> session_;
  std::optional<reading::Stamp> expired_looked_at_;
};

auto PostgresDatabase::read_known_streams(Session& session) -> std::vector<KnownStream> {
  pqxx::nontransaction work{*session.connection};
  std::vector<KnownStream> streams;
  std::map<std::int64_t, std::size_t> places;
  for (const auto& row :
       work.exec("SELECT s.id, g.city, g.name, s.name, "
                 "coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0) "
                 "FROM stream s JOIN gateway g ON g.id = s.gateway ORDER BY s.id")) {
    if (const auto id = parse_stream(row[3].c_str())) {
      places.emplace(row[0].as<std::int64_t>(), streams.size());
      streams.push_back(
          {row[1].c_str(), row[2].c_str(), *id, batch::Revision{row[4].as<std::uint32_t>()}, {}});
    }
  }
  for (const auto& row :
       work.exec("SELECT stream, min(sequence), max(sequence) FROM (SELECT stream, sequence, "
                 "sequence - row_number() OVER (PARTITION BY stream ORDER BY sequence) AS island "
                 "FROM batch) numbered GROUP BY stream, island ORDER BY 1, 2")) {
    const auto place = places.find(row[0].as<std::int64_t>());
    if (place != places.end()) {
      streams[place->second].stored.push_back({batch::Sequence{row[1].as<std::uint64_t>()},
                                               batch::Sequence{row[2].as<std::uint64_t>()}});
    }
  }
  return streams;
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
