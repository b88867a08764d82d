// SPDX-License-Identifier: Apache-2.0
#include "simulator/message_values.hpp"

#include <algorithm>
#include <utility>

#include "simulator/meter.hpp"

namespace bornier::simulator {
namespace {

/// Longer than any gateway believes.
constexpr std::chrono::milliseconds longest_history = std::chrono::days{31};

auto recorded_row(const ValueSources& sources, std::int64_t row) -> const Row& {
  const auto size = static_cast<std::int64_t>(sources.recording->size());
  const auto from_start = std::max<std::int64_t>(row, 0);
  const auto index = sources.wrap ? from_start % size : std::min(from_start, size - 1);
  return (*sources.recording)[static_cast<std::size_t>(index)];
}

}  // namespace

MessageValues::MessageValues(std::shared_ptr<const model::Model> model,
                             const model::Settings& settings, ValueSources sources,
                             reading::Stamp start)
    : model_{std::move(model)}, sources_{std::move(sources)}, start_{start} {
  std::vector<bool> wanted(model_->points.size(), sources_.generate);
  for (const auto& [name, text] : sources_.fixed) {
    const auto point = find_point(*model_, name);
    const auto value = point ? value_of(model_->points[*point], text) : std::nullopt;
    if (value) {
      constants_.insert_or_assign(*point, *value);
      wanted[*point] = false;
    }
  }
  if (sources_.recording != nullptr) {
    for (const auto& [point, value] : (*sources_.recording)[0]) {
      wanted[point] = false;
    }
  }
  if (sources_.generate) {
    load_.emplace(*model_, settings, wanted, sources_.seed, sources_.row_every);
  }
}

void MessageValues::show(reading::Stamp time) {
  const auto since = (time - start_).count();
  const auto every = sources_.row_every.count();
  const auto row = since / every - (since % every < 0 ? 1 : 0);
  if (shown_row_ == row) {
    return;
  }
  shown_row_ = row;
  shown_ = constants_;
  if (sources_.recording != nullptr) {
    for (const auto& [point, value] : recorded_row(sources_, row)) {
      shown_.emplace(point, value);
    }
  }
  if (load_) {
    const auto before = (longest_history / sources_.row_every) + 1;
    for (auto& [point, value] :
         load_->at(static_cast<std::uint64_t>(std::max<std::int64_t>(row + before, 0)))) {
      shown_.emplace(point, std::move(value));
    }
  }
}

auto MessageValues::at(std::size_t point, reading::Stamp time) -> std::optional<model::PointValue> {
  show(time);
  const auto found = shown_.find(point);
  return found == shown_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace bornier::simulator
