// SPDX-License-Identifier: Apache-2.0
#include "intake/topic_filters.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace bornier::intake {
namespace {

/// Takes the first level away from `rest`, which is nothing after the last one.
auto take_level(std::optional<std::string_view>& rest) -> std::string_view {
  const auto slash = rest->find('/');
  const auto level = rest->substr(0, slash);
  rest = slash == std::string_view::npos ? std::nullopt : std::optional{rest->substr(slash + 1)};
  return level;
}

/// A + stands for no topic of the broker's own (MQTT 5, section 4.7.2).
auto may_be_same(std::string_view left, std::string_view right, bool first) -> bool {
  if (left == right) {
    return true;
  }
  return (left == "+" && !(first && right.starts_with('$'))) ||
         (right == "+" && !(first && left.starts_with('$')));
}

/// A filter for what both match; nothing if no topic matches both.
auto union_of(std::string_view one, std::string_view other) -> std::optional<std::string> {
  std::optional left{one};
  std::optional right{other};
  std::string both;
  for (bool first = true; left && right; first = false) {
    const auto of_left = take_level(left);
    const auto of_right = take_level(right);
    if (!may_be_same(of_left, of_right, first)) {
      return std::nullopt;
    }
    both += first ? "" : "/";
    both += of_left == of_right ? of_left : "+";
  }
  return left || right ? std::nullopt : std::optional{std::move(both)};
}

}  // namespace

auto without_overlap(std::vector<std::string> filters) -> std::vector<std::string> {
  std::vector<std::string> apart;
  while (!filters.empty()) {
    auto filter = std::move(filters.back());
    filters.pop_back();
    const auto other = std::find_if(apart.begin(), apart.end(), [&filter](const auto& one) {
      return union_of(one, filter).has_value();
    });
    if (other == apart.end()) {
      apart.push_back(std::move(filter));
      continue;
    }
    // What is wider may overlap others.
    filters.push_back(*union_of(*other, filter));
    apart.erase(other);
  }
  std::ranges::sort(apart);
  return apart;
}

}  // namespace bornier::intake
