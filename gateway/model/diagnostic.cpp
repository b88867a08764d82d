// SPDX-License-Identifier: Apache-2.0
#include "model/diagnostic.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bornier::model {
namespace {

/// Longer names are not compared: what people mistype is short. (A single letter resembles any
/// other.)
constexpr std::size_t longest_compared = 128;

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
auto edits(std::string_view from, std::string_view to) -> std::size_t {
  std::vector<std::size_t> before_last(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t column = 0; column <= to.size(); ++column) {
    last[column] = column;
  }
  for (std::size_t line = 1; line <= from.size(); ++line) {
    row[0] = line;
    for (std::size_t column = 1; column <= to.size(); ++column) {
      const std::size_t replaced = last[column - 1] + (from[line - 1] == to[column - 1] ? 0 : 1);
      row[column] = std::min({last[column] + 1, row[column - 1] + 1, replaced});
      const bool swapped = line > 1 && column > 1 && from[line - 1] == to[column - 2] &&
                           from[line - 2] == to[column - 1];
      if (swapped) {
        row[column] = std::min(row[column], before_last[column - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[to.size()];
}

}  // namespace

auto to_text(const Diagnostic& diagnostic) -> std::string {
  return diagnostic.file + ':' + std::to_string(diagnostic.line) + ':' +
         std::to_string(diagnostic.column) + ": error: " + diagnostic.message;
}

auto nearest(std::string_view name, std::span<const std::string_view> candidates)
    -> std::optional<std::string_view> {
  if (name.size() < 2 || name.size() > longest_compared) {
    return std::nullopt;
  }
  std::optional<std::string_view> best;
  // A third of the letters may be wrong; more is another word.
  std::size_t allowed = std::max<std::size_t>(1, name.size() / 3);
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > name.size() + allowed || name.size() > candidate.size() + allowed) {
      continue;
    }
    const std::size_t distance = edits(name, candidate);
    if (distance < allowed || (distance == allowed && !best)) {
      best = candidate;
      allowed = distance;
    }
  }
  return best;
}

auto did_you_mean(std::string_view name, std::span<const std::string_view> candidates)
    -> std::string {
  const auto candidate = nearest(name, candidates);
  return candidate ? "; did you mean `" + std::string{*candidate} + "`?" : std::string{};
}

}  // namespace bornier::model
