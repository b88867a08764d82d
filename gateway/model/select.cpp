// SPDX-License-Identifier: Apache-2.0
#include "model/select.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "model/diagnostic.hpp"

namespace bornier::model {
namespace {

constexpr std::array<std::string_view, 3> groups{"billing", "essential", "all"};

auto is_meant(const Point& point, std::string_view pattern) -> bool {
  if (point.access.write_only) {
    return false;
  }
  if (pattern == "billing") {
    return point.billing;
  }
  if (pattern == "essential") {
    return point.essential;
  }
  return pattern == "all" || matches(point.name, pattern);
}

auto suggestion(const Model& model, std::string_view pattern) -> std::string {
  std::vector<std::string_view> names{groups.begin(), groups.end()};
  for (const Point& point : model.points) {
    if (!point.access.write_only) {
      names.push_back(point.name);
    }
  }
  return std::string{nearest(pattern, names).value_or("")};
}

}  // namespace

auto lower(std::string_view text) -> std::string {
  std::string lowered;
  for (const char letter : text) {
    lowered += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return lowered;
}

auto matches(std::string_view text, std::string_view pattern) noexcept -> bool {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      retry = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

auto select(const Model& model, std::span<const std::string> patterns)
    -> wire::Result<std::vector<std::size_t>, std::vector<UnknownPattern>> {
  std::vector<bool> chosen(model.points.size());
  std::vector<UnknownPattern> unknown;
  for (const std::string& pattern : patterns) {
    // A group may be empty in a model; a name or pattern that means nothing is a mistake.
    bool known = std::ranges::find(groups, pattern) != groups.end();
    for (std::size_t index = 0; index < model.points.size(); ++index) {
      if (is_meant(model.points[index], pattern)) {
        chosen[index] = true;
        known = true;
      }
    }
    if (!known) {
      unknown.push_back({pattern, suggestion(model, pattern)});
    }
  }
  if (!unknown.empty()) {
    return unknown;
  }
  std::vector<std::size_t> points;
  for (std::size_t index = 0; index < chosen.size(); ++index) {
    if (chosen[index]) {
      points.push_back(index);
    }
  }
  return points;
}

}  // namespace bornier::model
