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

/// A real SQLite file; what tests know about it they read through a second connection, as an
/// outsider would.
class SqliteTest : public testing::Test {
 protected:
  using Rows = std::vector<std::vector<std::string>>;

  SqliteTest() { open({}); }

  void open(const AsideLimits& aside) {
    database.reset();
    auto opened = open_sqlite(file, aside);
    ASSERT_TRUE(opened) << opened.error().text;
    database = std::move(*opened);
  }
  auto store(std::vector<Arrival> arrivals) -> std::vector<Verdict> {
    auto verdicts = database->store(arrivals);
    EXPECT_TRUE(verdicts) << verdicts.error().text;
    return verdicts ? *verdicts : std::vector<Verdict>{};
  }
  void store_catalog() { store({gateway.catalog_arrival()}); }
  auto store(std::uint64_t sequence, const reading::Entries& entries,
             reading::Stamp received_at = noon) -> Verdict {
    return store({gateway.batch_arrival(gateway.payload(sequence, entries), received_at)}).at(0);
  }
  /// NULL reads "-".
  [[nodiscard]] auto query(const std::string& sql) const -> Rows {
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
  [[nodiscard]] auto count(const std::string& table) const -> std::string {
    return query("SELECT count(*) FROM " + table).at(0).at(0);
  }

  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "city.db";
  TestGateway gateway;
  std::unique_ptr<Database> database;
};

}  // namespace bornier::platform
