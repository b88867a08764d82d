// SPDX-License-Identifier: Apache-2.0
#include "reading/entries.hpp"

#include <iterator>
#include <utility>

namespace bornier::reading {
namespace {

template <class Item>
void move_all(std::vector<Item>& from, std::vector<Item>& to) {
  to.insert(to.end(), std::move_iterator{from.begin()}, std::move_iterator{from.end()});
}

}  // namespace

void append(Entries from, Entries& to) {
  move_all(from.answers, to.answers);
  move_all(from.states, to.states);
  move_all(from.events, to.events);
  move_all(from.gaps, to.gaps);
}

auto count_readings(const Entries& entries) noexcept -> std::uint64_t {
  std::uint64_t count = 0;
  for (const Answer& answer : entries.answers) {
    count += answer.numbers.size() + answer.texts.size();
  }
  return count;
}

}  // namespace bornier::reading
