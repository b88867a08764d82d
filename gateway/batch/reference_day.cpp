// SPDX-License-Identifier: Apache-2.0
#include "batch/reference_day.hpp"

#include <zstd.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>

#include "batch/batch.hpp"

namespace bornier::batch::reference_day {
namespace {

constexpr int meters = 5;

auto read_csv(int meter) -> std::string {
  const std::string path = std::string{BORNIER_SOURCE_DIR} + "/tests/data/reference-day-meter-" +
                           std::to_string(meter) + ".csv.zst";
  std::ifstream file{path, std::ios::binary};
  const std::string frame{std::istreambuf_iterator<char>{file}, {}};
  std::string text(std::size_t{1} << 20U, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0U) {
    throw std::runtime_error{"cannot read " + path};
  }
  text.resize(size);
  return text;
}

/// "1700006400,231.8,…": seconds since 1970, then the channels.
auto parse_row(const std::string& line, int meter) -> reading::Answer {
  std::istringstream fields{line};
  std::string field;
  std::getline(fields, field, ',');
  reading::Answer answer;
  answer.time = reading::stamp_at(std::stoll(field) * 1000);
  auto point = static_cast<std::uint32_t>(20 * meter - 19);
  while (std::getline(fields, field, ',')) {
    answer.numbers.push_back(reading::Number{reading::PointNumber{point++}, reading::Quality{},
                                             reading::parse_decimal(field).value()});
  }
  return answer;
}

}  // namespace

auto answers(int jitter_ms) -> std::vector<reading::Answer> {
  std::vector<reading::Answer> result;
  std::uint32_t random = 1;
  for (int meter = 1; meter <= meters; ++meter) {
    std::istringstream lines{read_csv(meter)};
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      auto& answer = result.emplace_back(parse_row(line, meter));
      random = random * 1664525U + 1013904223U;
      const auto span = static_cast<std::uint32_t>(2 * jitter_ms + 1);
      answer.time += reading::Stamp::duration{static_cast<int>((random >> 8U) % span) - jitter_ms};
    }
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& left, const auto& right) { return left.time < right.time; });
  return result;
}

auto payload_bytes(const std::vector<reading::Answer>& answers, int minutes) -> std::uint64_t {
  Header header;
  header.city = "tolyatti";
  header.gateway = "cab-0117";
  header.stream = StreamId{0x8F3A62D15B0C9E47U};
  header.catalog_revision = Revision{3};
  const auto per_batch = static_cast<std::size_t>(meters) * static_cast<std::size_t>(minutes);
  std::uint64_t bytes = 0;
  std::uint64_t sequence = 100'000;
  for (std::size_t first = 0; first < answers.size(); first += per_batch) {
    const auto slice =
        std::span{answers}.subspan(first, std::min(per_batch, answers.size() - first));
    header.sequence = Sequence{++sequence};
    header.oldest_held = Sequence{sequence - 672};  // a week of confirmed batches is kept
    reading::Entries entries;
    entries.answers.assign(slice.begin(), slice.end());
    bytes += encode_batch(header, entries).size();
  }
  return bytes;
}

}  // namespace bornier::batch::reference_day
