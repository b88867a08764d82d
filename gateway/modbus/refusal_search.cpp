// SPDX-License-Identifier: Apache-2.0
#include "modbus/refusal_search.hpp"

#include <algorithm>
#include <utility>

namespace bornier::modbus {
namespace {

void add(std::vector<Range>& known, const std::vector<Range>& found) {
  for (const auto& range : found) {
    if (std::ranges::find(known, range) == known.end()) {
      known.push_back(range);
    }
  }
}

}  // namespace

void add(Refusals& known, const Refusals& found) {
  add(known.boundaries, found.boundaries);
  add(known.lacking, found.lacking);
}

RefusalSearch::RefusalSearch(std::vector<Range> parts)
    : parts_{std::move(parts)}, path_{Node{.begin = 0, .end = parts_.size()}} {}

auto RefusalSearch::span(std::size_t begin, std::size_t end) const -> Range {
  const auto& first = parts_[begin];
  const auto& last = parts_[end - 1];
  return {.table = first.table,
          .first = first.first,
          .count = last.first + last.count - std::uint32_t{first.first}};
}

auto RefusalSearch::next() const -> std::optional<Range> {
  if (path_.empty()) {
    return std::nullopt;
  }
  const auto& node = path_.back();
  switch (node.ask) {
    case Node::Ask::whole:
    case Node::Ask::again: return span(node.begin, node.end);
    case Node::Ask::left: return span(node.begin, node.middle());
    case Node::Ask::right: return span(node.middle(), node.end);
    case Node::Ask::done: break;
  }
  return std::nullopt;
}

void RefusalSearch::take(bool refused) {
  if (path_.empty()) {
    return;
  }
  auto& node = path_.back();
  if (node.ask == Node::Ask::whole) {
    node.ask = refused ? Node::Ask::left : Node::Ask::done;
    if (refused && node.end - node.begin == 1) {
      found_.lacking.push_back(parts_[node.begin]);
      node.ask = Node::Ask::done;
    }
    climb();
    return;
  }
  if (node.ask == Node::Ask::again) {
    node.ask = Node::Ask::done;
    if (refused) {
      const auto& before = parts_[node.middle() - 1];
      const auto first = before.first + before.count;
      found_.boundaries.push_back({.table = before.table,
                                   .first = static_cast<std::uint16_t>(first),
                                   .count = parts_[node.middle()].first - first});
    }
    climb();
    return;
  }
  const bool is_left = node.ask == Node::Ask::left;
  const auto begin = is_left ? node.begin : node.middle();
  const auto end = is_left ? node.middle() : node.end;
  node.ask = is_left ? Node::Ask::right : Node::Ask::done;
  if (refused) {
    node.explained = true;
    if (end - begin == 1) {
      found_.lacking.push_back(parts_[begin]);
    } else {
      path_.push_back({.begin = begin, .end = end, .ask = Node::Ask::left, .explained = false});
    }
  } else if (!is_left && !node.explained) {
    node.ask = Node::Ask::again;
  }
  climb();
}

void RefusalSearch::climb() {
  while (!path_.empty() && path_.back().ask == Node::Ask::done) {
    path_.pop_back();
  }
}

}  // namespace bornier::modbus
