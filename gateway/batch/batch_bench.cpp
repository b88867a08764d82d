// SPDX-License-Identifier: Apache-2.0
// Prints what the encoding of the reference day takes: bytes and CPU time a reading.
#include <chrono>
#include <cstdio>
#include <span>

#include "batch/batch.hpp"
#include "batch/compression.hpp"
#include "batch/reference_day.hpp"

namespace {

using bornier::reading::Answer;
using bornier::reading::Entries;

constexpr double readings_of_the_day = 5 * 20 * 1440;

template <class Work>
auto nanoseconds_a_reading(const Work& work) -> double {
  constexpr int rounds = 5;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    work();
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / (rounds * readings_of_the_day);
}

auto slices(const std::vector<Answer>& answers, std::size_t size) -> std::vector<Entries> {
  std::vector<Entries> result;
  for (std::size_t first = 0; first < answers.size(); first += size) {
    const auto slice = std::span{answers}.subspan(first, std::min(size, answers.size() - first));
    result.emplace_back().answers.assign(slice.begin(), slice.end());
  }
  return result;
}

}  // namespace

auto main() -> int {
  using namespace bornier::batch;
  const auto exact = reference_day::answers(0);
  const auto jittered = reference_day::answers(10);
  std::printf("payload bytes a reading, envelope included\n  minutes  exact times  +-10 ms\n");
  for (const int minutes : {1, 5, 15, 60}) {
    std::printf(
        "  %7d  %11.3f  %7.3f\n", minutes,
        static_cast<double>(reference_day::payload_bytes(exact, minutes)) / readings_of_the_day,
        static_cast<double>(reference_day::payload_bytes(jittered, minutes)) / readings_of_the_day);
  }
  std::printf("nanoseconds a reading, +-10 ms\n");
  for (const std::size_t minutes : {1U, 15U, 60U}) {
    const auto parts = slices(jittered, 5 * minutes);
    std::vector<std::vector<std::byte>> bodies;
    for (const auto& part : parts) {
      bodies.push_back(encode_entries(part));
    }
    const double encode = nanoseconds_a_reading([&] {
      for (const auto& part : parts) {
        static_cast<void>(encode_entries(part));
      }
    });
    const double compression = nanoseconds_a_reading([&] {
      for (const auto& body : bodies) {
        static_cast<void>(compress(body));
      }
    });
    const double decode = nanoseconds_a_reading([&] {
      for (const auto& body : bodies) {
        static_cast<void>(decode_entries(body));
      }
    });
    std::printf("  %zu minutes: encode_entries %.0f, compress %.0f, decode_entries %.0f\n", minutes,
                encode, compression, decode);
  }
}
