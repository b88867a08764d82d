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

PollAnswers::PollAnswers(const MeterSettings& meter, const std::vector<Request>& requests,
                         SettingsShown* shown)
    : meter_{meter}, requests_{requests}, shown_{shown} {
  if (shown_ != nullptr) {
    before_ = *shown_;
  }
}

void PollAnswers::look_at_settings(const model::RegisterBlock& block) {
  const auto& settings = meter_.model->settings;
  for (std::size_t index = 0; index < settings.size() && shown_ != nullptr; ++index) {
    if (!settings[index].point) {
      continue;
    }
    const auto decoded =
        model::decode(*meter_.model, *meter_.settings, {&*settings[index].point, 1}, {&block, 1});
    const auto* value = std::get_if<reading::Decimal>(&decoded.front().value);
    if (value == nullptr) {
      continue;
    }
    const auto before = before_.find(index);
    if (before == before_.end() || compare(before->second, *value) != 0) {
      news_.push_back(index);
    }
    if (before != before_.end() && compare(before->second, *value) != 0) {
      changed_.push_back(index);
    }
    (*shown_)[index] = *value;
  }
}

void PollAnswers::withhold(std::vector<model::Decoded>& decoded) const {
  const auto& model = *meter_.model;
  std::erase_if(decoded, [&](const auto& one) {
    return std::ranges::any_of(changed_, [&](const auto setting) {
      const auto teller = model.settings[setting].point;
      return teller && model::needs(model, one.point, *teller);
    });
  });
}

auto PollAnswers::add(const Gathered& one) -> std::vector<model::Decoded> {
  if (one.words.empty()) {
    return {};
  }
  const auto block = block_of(one);
  look_at_settings(block);
  auto decoded = model::decode(*meter_.model, *meter_.settings, one.request->points, {&block, 1});
  if (one.request->shared.empty()) {
    withhold(decoded);
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
  withhold(decoded);
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
