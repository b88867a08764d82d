// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "batch/control.hpp"
#include "platform/sqlite_database.hpp"

/// What the tests of this room share: a gateway with one meter of four points, and a real database.
namespace bornier::platform {

using Bytes = std::vector<std::byte>;

/// 2026-03-01T12:00:00.000Z
inline constexpr auto noon = reading::stamp_at(1'772'366'400'000);

inline const reading::PointNumber energy{1};
inline const reading::PointNumber power{2};
inline const reading::PointNumber valve{3};    ///< a code list: 0 closed, 1 open
inline const reading::PointNumber display{4};  ///< a text

inline auto number(reading::PointNumber point, std::int64_t mantissa, std::int8_t exponent)
    -> reading::Number {
  return {point, {}, reading::Decimal{mantissa, exponent}};
}

/// One answer of one request.
inline auto answer(reading::Stamp time, std::vector<reading::Number> numbers) -> reading::Entries {
  reading::Entries entries;
  entries.answers.push_back({time, std::move(numbers), {}});
  return entries;
}

struct TestGateway {
  std::string city = "tolyatti";
  std::string name = "cab-0117";
  batch::StreamId stream{0x0123456789abcdef};

  [[nodiscard]] auto topic(batch::TopicKind kind) const -> std::string {
    return batch::to_text({city, name, kind});
  }

  [[nodiscard]] auto catalog(std::uint32_t revision = 1) const -> batch::Catalog {
    batch::CatalogMeter meter;
    meter.number = reading::MeterNumber{1};
    meter.id = "school-12-main";
    meter.name = "School 12";
    meter.code = "PRM 0117";
    meter.serial = "21045678";
    meter.model = "eastron-sdm630";
    meter.model_version = "1";
    meter.labels = {{"building", "school \"12\""}};
    meter.valid_from = noon;
    return {city, name, stream, batch::Revision{revision}, {meter}, points()};
  }

  [[nodiscard]] auto header(std::uint64_t sequence) const -> batch::Header {
    batch::Header header;
    header.city = city;
    header.gateway = name;
    header.stream = stream;
    header.sequence = batch::Sequence{sequence};
    header.catalog_revision = batch::Revision{1};
    header.oldest_held = batch::Sequence{1};
    header.first = noon;
    header.last = noon;
    return header;
  }

  [[nodiscard]] auto payload(std::uint64_t sequence, const reading::Entries& entries) const
      -> Bytes {
    return batch::encode_batch(header(sequence), entries);
  }

  [[nodiscard]] auto tombstone(std::uint64_t sequence) const -> Bytes {
    const reading::Gap gap{noon,
                           noon + std::chrono::minutes{1},
                           60,
                           {energy, power},
                           reading::GapReason::evicted_bytes};
    return batch::encode_tombstone(header(sequence), gap);
  }

  [[nodiscard]] auto batch_arrival(Bytes bytes, reading::Stamp received_at = noon) const
      -> Arrival {
    auto decoded = batch::decode_batch(bytes);
    return BatchArrival{std::move(*decoded), std::move(bytes), received_at};
  }
  [[nodiscard]] auto catalog_arrival(std::uint32_t revision = 1) const -> Arrival {
    return CatalogArrival{catalog(revision), batch::encode_catalog(catalog(revision)), noon};
  }

 private:
  static auto point(reading::PointNumber number, std::string name, std::string unit,
                    std::string kind) -> batch::CatalogPoint {
    batch::CatalogPoint point;
    point.number = number;
    point.meter = reading::MeterNumber{1};
    point.name = name;
    point.quantity = std::move(name);
    point.medium = "electricity";
    point.unit = std::move(unit);
    point.kind = std::move(kind);
    return point;
  }
  static auto points() -> std::vector<batch::CatalogPoint> {
    auto total = point(energy, "energy_active_import", "kW.h", "counter");
    total.obis = "1-0:1.8.0";
    total.batch_class = batch::Class::billing;
    auto codes = point(valve, "valve", "1", "state");
    codes.labels = {{0, "closed"}, {1, "open"}};
    return {total, point(power, "power_active", "W", "gauge"), codes,
            point(display, "display", "", "text")};
  }
};

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "bornier-platform-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) {
      path_ = name;
    }
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  auto operator=(const TemporaryFolder&) -> TemporaryFolder& = delete;

  [[nodiscard]] auto path() const -> const std::filesystem::path& { return path_; }

 private:
  std::filesystem::path path_;
};

/// A real database of one kind, empty at first; what tests know about it they read as an outsider
/// would, through a connection of its own.
class TestStore {
 public:
  using Rows = std::vector<std::vector<std::string>>;

  virtual ~TestStore() = default;

  /// Another receiver's, if there is one already.
  [[nodiscard]] virtual auto open(const AsideLimits& aside)
      -> wire::Result<std::unique_ptr<Database>, Failure> = 0;
  /// NULL reads "-", times are ISO 8601, true is 1.
  virtual auto query(const std::string& sql) -> Rows = 0;
  /// From now on the database takes no row with this value.
  virtual void refuse(const std::string& table, const std::string& column,
                      const std::string& value) = 0;
  virtual void refuse_no_longer(const std::string& table) = 0;
};
using MakeStore = std::unique_ptr<TestStore> (*)();

/// A database with its receiver's end opened.
class DatabaseFixture {
 protected:
  using Rows = TestStore::Rows;

  explicit DatabaseFixture(std::unique_ptr<TestStore> used) : test_store{std::move(used)} {
    open({});
  }

  void open(const AsideLimits& aside) {
    database.reset();
    auto opened = test_store->open(aside);
    ASSERT_TRUE(opened) << opened.error().text;
    database = std::move(*opened);
  }
  auto store(std::vector<Arrival> arrivals) -> std::vector<Verdict> {
    auto verdicts = database->store(arrivals);
    EXPECT_TRUE(verdicts) << verdicts.error().text;
    return verdicts ? *verdicts : std::vector<Verdict>{};
  }
  void store_catalog() { store({gateway.catalog_arrival()}); }
  void store_catalog(const batch::Catalog& catalog) {
    store({CatalogArrival{catalog, batch::encode_catalog(catalog), noon}});
  }
  auto store(std::uint64_t sequence, const reading::Entries& entries,
             reading::Stamp received_at = noon) -> Verdict {
    return store({gateway.batch_arrival(gateway.payload(sequence, entries), received_at)}).at(0);
  }
  auto query(const std::string& sql) const -> Rows { return test_store->query(sql); }
  [[nodiscard]] auto count(const std::string& table) const -> std::string {
    return query("SELECT count(*) FROM " + table).at(0).at(0);
  }

  std::unique_ptr<TestStore> test_store;
  TestGateway gateway;
  std::unique_ptr<Database> database;
};

/// What every database has to do: database_test.cpp.
class DatabaseTest : public testing::TestWithParam<MakeStore>, protected DatabaseFixture {
 protected:
  DatabaseTest() : DatabaseFixture{GetParam()()} {}

  const reading::Entries one = answer(noon, {number(energy, 12345, -1)});
  const reading::Entries other = answer(noon, {number(energy, 12346, -1)});
};

/// What outsiders see, whichever database it is: views_test.cpp.
class ViewsTest : public testing::TestWithParam<MakeStore>, protected DatabaseFixture {
 protected:
  ViewsTest() : DatabaseFixture{GetParam()()} {}

  void store_at(std::uint64_t sequence, reading::Stamp time, std::int64_t mantissa) {
    ASSERT_EQ(store(sequence, answer(time, {number(energy, mantissa, -1)})), Verdict::stored);
  }
  /// Another numbering of the same gateway, with the same meters.
  void open_stream(std::uint64_t id) {
    gateway.stream = batch::StreamId{id};
    store_catalog();
  }
  [[nodiscard]] auto values() const -> Rows {
    return query("SELECT value, stream, sequence FROM reading_view ORDER BY time");
  }
};

class SqliteStore final : public TestStore {
 public:
  auto open(const AsideLimits& aside) -> wire::Result<std::unique_ptr<Database>, Failure> override {
    return open_sqlite(file, aside);
  }
  auto query(const std::string& sql) -> Rows override {
    const SQLite::Database outsider{file.string(), SQLite::OPEN_READONLY};
    SQLite::Statement statement{outsider, sql};
    Rows rows;
    while (statement.executeStep()) {
      auto& row = rows.emplace_back();
      for (int column = 0; column < statement.getColumnCount(); ++column) {
        const auto value = statement.getColumn(column);
        row.push_back(value.isNull() ? "-" : value.getString());
      }
    }
    return rows;
  }
  void refuse(const std::string& table, const std::string& column,
              const std::string& value) override {
    execute("CREATE TRIGGER refuse_" + table + " BEFORE INSERT ON " + table + " WHEN CAST(NEW." +
            column + " AS TEXT) = '" + value + "' BEGIN SELECT RAISE(ABORT, 'refused'); END");
  }
  void refuse_no_longer(const std::string& table) override {
    execute("DROP TRIGGER refuse_" + table);
  }
  void execute(const std::string& sql) const {
    SQLite::Database{file.string(), SQLite::OPEN_READWRITE}.exec(sql);
  }

  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "city.db";
};

[[nodiscard]] inline auto make_sqlite_store() -> std::unique_ptr<TestStore> {
  return std::make_unique<SqliteStore>();
}

/// For what only SQLite does, and for the tests of parts that need some database.
class SqliteTest : public testing::Test, protected DatabaseFixture {
 protected:
  SqliteTest() : DatabaseFixture{make_sqlite_store()} {}

  [[nodiscard]] auto sqlite() const -> SqliteStore& {
    return static_cast<SqliteStore&>(*test_store);
  }
};

}  // namespace bornier::platform
