// SPDX-License-Identifier: Apache-2.0
#include "reading/entries.hpp"

namespace bornier::reading {

auto count_readings(const Entries& entries) noexcept -> std::uint64_t {
  std::uint64_t count = 0;
  for (const Answer& answer : entries.answers) {
    count += answer.numbers.size() + answer.texts.size();
  }
  return count;
}

}  // namespace bornier::reading
