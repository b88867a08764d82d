// SPDX-License-Identifier: Apache-2.0
#include "buffer/store_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include "buffer/inspection.hpp"

namespace bornier::buffer {

using namespace std::chrono_literals;
using reading::Stamp;

TemporaryDirectory::TemporaryDirectory() {
  // In memory where there is such a place: thousands of syncs are not what these tests are about.
  const std::filesystem::path memory = "/dev/shm";
  const bool usable = ::access(memory.c_str(), W_OK) == 0;
  const auto base = usable ? memory : std::filesystem::temp_directory_path();
  std::string pattern = (base / "bornier-buffer-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    throw std::system_error{errno, std::generic_category(), pattern};
  }
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

auto three_points() -> batch::Catalog {
  batch::Catalog catalog;
  catalog.city = "tolyatti";
  catalog.gateway = "cab-0117";
  catalog.revision = batch::Revision{1};
  for (const std::uint32_t meter : {1U, 2U}) {
    batch::CatalogMeter entry;
    entry.number = reading::MeterNumber{meter};
    entry.id = "meter-" + std::to_string(meter);
    entry.valid_from = new_year;
    catalog.meters.push_back(std::move(entry));
  }
  const auto add = [&catalog](reading::PointNumber number, std::uint32_t meter,
                              batch::Class batch_class) {
    batch::CatalogPoint point;
    point.number = number;
    point.meter = reading::MeterNumber{meter};
    point.name = "point-" + std::to_string(number.value());
    point.batch_class = batch_class;
    catalog.points.push_back(std::move(point));
  };
  add(gauge, 1, batch::Class::detail);
  add(counter, 1, batch::Class::billing);
  add(other_gauge, 2, batch::Class::detail);
  return catalog;
}

auto settings_in(const TemporaryDirectory& directory) -> Settings {
  Settings settings;
  settings.directory = directory.path();
  settings.city = "tolyatti";
  settings.gateway = "cab-0117";
  return settings;
}

auto clock_at(Stamp stamp, const std::string& boot) -> Clock {
  const Stamp booted = new_year - 1h;
  return {.boot_id = boot,
          .now = {.instant = reading::Instant{stamp - booted}, .stamp = stamp},
          .trusted = true};
}

auto untrusted_clock_at(Stamp stamp, const std::string& boot) -> Clock {
  auto clock = clock_at(stamp, boot);
  clock.trusted = false;
  return clock;
}

auto number(reading::PointNumber point, std::int64_t value) -> reading::Number {
  return {.point = point, .quality = {}, .value = {.mantissa = value, .exponent = -1}};
}

auto answer(Stamp time, std::vector<reading::Number> numbers) -> reading::Answer {
  return {.time = time, .numbers = std::move(numbers), .texts = {}};
}

auto entries(Stamp time, std::int64_t value, reading::PointNumber point) -> reading::Entries {
  reading::Entries one;
  one.answers.push_back(answer(time, {number(point, value)}));
  return one;
}

auto values_in(const std::filesystem::path& directory) -> std::map<std::int64_t, int> {
  std::map<std::int64_t, int> values;
  auto inspection = Inspection::open(directory);
  EXPECT_TRUE(inspection) << (inspection ? "" : to_text(inspection.error()));
  if (!inspection) {
    return values;
  }
  const auto visited = inspection->for_each([&values](const Exported& exported) {
    for (const auto& one : exported.entries.answers) {
      for (const auto& reading : one.numbers) {
        ++values[reading.value.mantissa];
      }
    }
  });
  EXPECT_TRUE(visited);
  return values;
}

auto batches_of(Store& store) -> std::vector<batch::Batch> {
  std::vector<batch::Batch> batches;
  for (std::uint64_t sequence = 1; sequence <= store.newest().value(); ++sequence) {
    const auto payload = store.payload(batch::Sequence{sequence});
    EXPECT_TRUE(payload && payload->has_value()) << "batch " << sequence << " is missing";
    if (!payload || !*payload) {
      continue;
    }
    auto batch = batch::decode_batch(**payload);
    EXPECT_TRUE(batch) << "batch " << sequence << " does not decode";
    if (batch) {
      EXPECT_EQ(batch->header.sequence.value(), sequence);
      batches.push_back(std::move(*batch));
    }
  }
  return batches;
}

}  // namespace bornier::buffer
