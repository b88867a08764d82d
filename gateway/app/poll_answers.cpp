// SPDX-License-Identifier: Apache-2.0
#include "app/poll_answers.hpp"

#include <algorithm>
#include <iterator>

namespace bornier::app {
namespace {

auto block_of(const Gathered& one) -> model::RegisterBlock {
  return {.table = one.request->table, .first = one.request->first, .words = one.words};
}

auto shares(const Request& request, std::size_t point) -> bool {
  return std::ranges::find(request.shared, point) != request.shared.end();
}

}  // namespace

auto PollAnswers::add(const Gathered& one) -> std::vector<model::Decoded> {
  if (one.words.empty()) {
    return {};
  }
  const auto block = block_of(one);
  auto decoded = model::decode(*meter_.model, *meter_.settings, one.request->points, {&block, 1});
  if (one.request->shared.empty()) {
    return decoded;
  }
  kept_.push_back(one);
  std::vector<std::size_t> complete;
  std::ranges::copy_if(one.request->shared, std::back_inserter(complete),
                       [this](const auto point) { return is_complete(point); });
  std::vector<model::RegisterBlock> blocks;
  std::ranges::transform(kept_, std::back_inserter(blocks), block_of);
  auto completed = model::decode(*meter_.model, *meter_.settings, complete, blocks);
  std::ranges::move(completed, std::back_inserter(decoded));
  return decoded;
}

auto PollAnswers::is_complete(std::size_t point) const -> bool {
  const auto wanted = std::ranges::count_if(
      requests_, [point](const auto& request) { return shares(request, point); });
  const auto have = std::ranges::count_if(
      kept_, [point](const auto& answer) { return shares(*answer.request, point); });
  return have == wanted;
}

auto points_concerned(const Request& request) -> std::vector<std::size_t> {
  auto points = request.points;
  points.insert(points.end(), request.shared.begin(), request.shared.end());
  return points;
}

}  // namespace bornier::app
