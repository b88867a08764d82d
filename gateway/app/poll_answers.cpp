// SPDX-License-Identifier: Apache-2.0
#include "app/poll_answers.hpp"

#include <algorithm>
#include <iterator>

namespace bornier::app {
namespace {

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
  std::ranges::transform(kept_, std::back_inserter(blocks),
                         [this](const auto& kept) { return block_of(kept); });
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

auto PollAnswers::failed(const Request& request) -> std::vector<std::size_t> {
  auto points = request.points;
  for (const auto point : request.shared) {
    if (std::ranges::find(failed_, point) == failed_.end()) {
      failed_.push_back(point);
      points.push_back(point);
    }
  }
  return points;
}

/// A request for a point that is read alone is for its registers and no others.
auto PollAnswers::block_of(const Gathered& one) const -> model::RegisterBlock {
  const auto& request = *one.request;
  const bool alone = std::ranges::any_of(meter_.model->points, [&](const auto& point) {
    return point.alone && point.table == request.table && point.address == request.first &&
           point.encoding.registers == request.count;
  });
  return {.table = request.table, .first = request.first, .words = one.words, .alone = alone};
}

}  // namespace bornier::app
