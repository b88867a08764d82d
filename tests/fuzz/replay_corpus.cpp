// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of the folders given: the committed corpus as an ordinary
// test.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int;

auto main(int count, char** arguments) -> int {
  std::size_t replayed = 0;
  for (int index = 1; index < count; ++index) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[index])) {
      if (!entry.is_regular_file()) {
        continue;
      }
      std::ifstream file{entry.path(), std::ios::binary};
      const std::vector<char> text{std::istreambuf_iterator<char>{file}, {}};
      const std::vector<std::uint8_t> contents{text.begin(), text.end()};
      static_cast<void>(LLVMFuzzerTestOneInput(contents.data(), contents.size()));
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
  return replayed == 0 ? 1 : 0;
}
