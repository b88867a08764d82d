// SPDX-License-Identifier: Apache-2.0
// Bytes written to disk and time taken for the figures of design.md, section 7:
//   buffer_bench [DIRECTORY]      on a real disk; /proc/self/io counts nothing on a tmpfs
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "buffer/store.hpp"

namespace {

using namespace std::chrono_literals;
using namespace bornier;

/// What this process caused to be sent to the block layer, in bytes.
auto written_bytes() -> std::uint64_t {
  std::ifstream io{"/proc/self/io"};
  std::string key;
  std::uint64_t value = 0;
  while (io >> key >> value) {
    if (key == "write_bytes:") {
      return value;
    }
  }
  return 0;
}

struct Load {
  const char* name;
  std::uint32_t meters;
  std::uint32_t points;
  std::chrono::seconds every;    ///< between the readings of one meter
  std::chrono::seconds commits;  ///< between commits
  std::chrono::seconds seals;
  std::chrono::seconds lasts;
  std::size_t memo_bytes{};  ///< of the memo that comes with each answer; 0: none does
};

auto catalog_of(const Load& load) -> batch::Catalog {
  batch::Catalog catalog;
  catalog.city = "bench";
  catalog.gateway = "bench";
  catalog.revision = batch::Revision{1};
  for (std::uint32_t meter = 1; meter <= load.meters; ++meter) {
    batch::CatalogMeter entry;
    entry.number = reading::MeterNumber{meter};
    entry.id = "meter-" + std::to_string(meter);
    catalog.meters.push_back(entry);
    for (std::uint32_t point = 0; point < load.points; ++point) {
      batch::CatalogPoint definition;
      definition.number = reading::PointNumber{(meter - 1) * load.points + point + 1};
      definition.meter = entry.number;
      definition.name = "point-" + std::to_string(point);
      catalog.points.push_back(definition);
    }
  }
  return catalog;
}

/// Slow counters and trembling gauges, as a feeder has them.
auto answer_of(const Load& load, std::uint32_t meter, std::int64_t second, std::uint32_t& random)
    -> reading::Answer {
  reading::Answer answer;
  answer.time = reading::stamp_at(1'767'225'600'000 + second * 1000 + meter % 7);
  for (std::uint32_t point = 0; point < load.points; ++point) {
    random = random * 1'664'525U + 1'013'904'223U;
    const std::int64_t trembles = static_cast<std::int64_t>(random >> 27U);
    const std::int64_t value =
        point % 5 == 0 ? 1'000'000 + second * (point + 1) : 2'300 + 100 * point + trembles;
    answer.numbers.push_back(
        {reading::PointNumber{(meter - 1) * load.points + point + 1}, {}, {value, -1}});
  }
  return answer;
}

/// As buffer::Pending does it: the newest of each meter.
void note_memo(const Load& load, std::uint32_t meter, std::int64_t second,
               std::vector<buffer::Memo>& memos) {
  if (load.memo_bytes == 0) {
    return;
  }
  buffer::Memo memo{.key = "meter-" + std::to_string(meter), .value = std::to_string(second)};
  memo.value.resize(load.memo_bytes, 'm');
  std::erase_if(memos, [&memo](const buffer::Memo& older) { return older.key == memo.key; });
  memos.push_back(std::move(memo));
}

auto run(const Load& load, const std::filesystem::path& directory) -> bool {
  std::filesystem::remove_all(directory);
  buffer::Settings settings;
  settings.directory = directory;
  settings.city = "bench";
  settings.gateway = "bench";
  buffer::Clock clock;
  clock.boot_id = "bench";
  clock.trusted = true;
  auto store = buffer::Store::open(settings, clock, 1);
  if (!store || !store->save_catalog(catalog_of(load))) {
    std::fprintf(stderr, "%s: cannot open\n", directory.c_str());
    return false;
  }

  std::uint32_t random = 1;
  std::uint64_t readings = 0;
  std::uint64_t commits = 0;
  std::uint64_t payload = 0;
  const std::uint64_t before = written_bytes();
  const auto start = std::chrono::steady_clock::now();
  reading::Entries entries;
  std::vector<buffer::Memo> memos;
  for (std::int64_t second = 1; second <= load.lasts.count(); ++second) {
    for (std::uint32_t meter = 1; meter <= load.meters; ++meter) {
      if ((second + meter) % load.every.count() == 0) {
        entries.answers.push_back(answer_of(load, meter, second, random));
        note_memo(load, meter, second, memos);
      }
    }
    if (second % load.commits.count() == 0 && !entries.empty()) {
      readings += reading::count_readings(entries);
      ++commits;
      if (!store->append(entries, clock, memos)) {
        return false;
      }
      entries = {};
      memos.clear();
    }
    if (second % load.seals.count() == 0) {
      buffer::SealOrder order;
      order.now = {.instant = reading::Instant{std::chrono::seconds{second}},
                   .stamp = reading::stamp_at(1'767'225'600'000 + second * 1000)};
      for (bool more = true; more;) {
        const auto sealed = store->seal(order);
        if (!sealed) {
          return false;
        }
        for (const auto& info : sealed->batches) {
          payload += info.bytes;
          const batch::SequenceRange range{info.sequence, info.sequence};
          if (!store->confirm(store->stream(), {&range, 1}, order.now.stamp)) {
            return false;
          }
        }
        more = sealed->more;
      }
    }
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  { const auto closed = std::move(*store); }
  const auto written = static_cast<double>(written_bytes() - before);
  const double day = 86'400.0 / static_cast<double>(load.lasts.count());
  std::printf("%-46s %9.2f %10.0f %12.1f %11.2f %12.0f\n", load.name,
              written / static_cast<double>(readings), written / static_cast<double>(commits),
              written * day / 1e6, static_cast<double>(payload) / static_cast<double>(readings),
              static_cast<double>(readings) / spent.count());
  std::fflush(stdout);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path directory =
      std::filesystem::path{argc > 1 ? argv[1] : "."} / "bornier-buffer-bench";
  std::printf("%-46s %9s %10s %12s %11s %12s\n", "load, with seal and confirmation", "B/reading",
              "B/commit", "MB/day", "payload B", "readings/s");
  const Load loads[] = {
      {"100 meters x 20 points at 1 s, commit 1 s", 100, 20, 1s, 1s, 60s, 600s},
      {"12 meters x 25 points at 10 s, commit 1 s", 12, 25, 10s, 1s, 60s, 1800s},
      {"12 meters x 25 points at 10 s, commit 60 s", 12, 25, 10s, 60s, 60s, 7200s},
      {"the same, 12 memos of 300 bytes", 12, 25, 10s, 60s, 60s, 7200s, 300},
      {"the same, 12 memos of 4 KiB", 12, 25, 10s, 60s, 60s, 7200s, 4096},
      {"commit 1 s, memos of 300 bytes", 12, 25, 10s, 1s, 60s, 1800s, 300},
      {"commit 1 s, memos of 4 KiB", 12, 25, 10s, 1s, 60s, 1800s, 4096},
  };
  bool done = true;
  for (const auto& load : loads) {
    done = run(load, directory) && done;
  }
  std::filesystem::remove_all(directory);
  return done ? 0 : 1;
}
