// SPDX-License-Identifier: Apache-2.0
#include "app/hypotheses.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "model/plausible.hpp"

namespace bornier::app {
namespace {

constexpr std::size_t most_requests = 4;

auto question_of(const model::Model& model, const Request& request) -> model::RegistersQuestion {
  const auto& points = request.points.empty() ? request.shared : request.points;
  const bool alone = !points.empty() && model.points[points.front()].alone;
  return {request.table, request.first, request.count, alone};
}

/// Most telling first.
auto questions_of(const model::Model& model, const model::Settings& settings,
                  const std::vector<std::size_t>& points) -> std::vector<model::RegistersQuestion> {
  const auto requests = plan_requests(model, points);
  std::vector<std::pair<double, model::RegistersQuestion>> ranked;
  for (const auto& request : requests ? *requests : std::vector<Request>{}) {
    double bits = 0;
    for (const auto* list : {&request.points, &request.shared}) {
      for (const auto point : *list) {
        bits += telling_bits(model.points[point], settings);
      }
    }
    ranked.emplace_back(bits, question_of(model, request));
  }
  std::ranges::stable_sort(
      ranked, [](const auto& left, const auto& right) { return left.first > right.first; });
  ranked.resize(std::min(ranked.size(), most_requests));
  std::vector<model::RegistersQuestion> questions;
  for (const auto& [bits, question] : ranked) {
    questions.push_back(question);
  }
  return questions;
}

/// Behind the last point of the table in which the values stand.
auto hole_of(const model::Model& model, const model::RegistersQuestion& values)
    -> std::optional<model::RegistersQuestion> {
  std::uint32_t end = 0;
  for (const auto& point : model.points) {
    const std::uint32_t behind = std::uint32_t{point.address} + point.encoding.registers;
    end = std::max(end, point.table == values.table ? behind : 0);
  }
  const std::uint16_t count = model.limits.even ? 2 : 1;
  end += model.limits.even ? end % 2 : 0;
  if (model.limits.holes_readable || end + count > 65'536) {
    return std::nullopt;
  }
  return model::RegistersQuestion{values.table, static_cast<std::uint16_t>(end), count, true};
}

}  // namespace

auto hypotheses_of(std::span<const std::shared_ptr<const model::Model>> models)
    -> std::vector<model::Hypothesis> {
  std::vector<model::Hypothesis> hypotheses;
  for (const auto& model : models) {
    model::Hypothesis hypothesis{.model = model, .settings = model::Settings{*model}};
    hypothesis.points = telling_points(*model, hypothesis.settings);
    hypothesis.values = questions_of(*model, hypothesis.settings, hypothesis.points);
    if (const auto serial = model::serial_point(*model)) {
      hypothesis.serial = questions_of(*model, hypothesis.settings, {*serial});
    }
    if (!hypothesis.values.empty()) {
      hypothesis.hole = hole_of(*model, hypothesis.values.front());
    }
    hypotheses.push_back(std::move(hypothesis));
  }
  return hypotheses;
}

auto load_models(const std::vector<std::filesystem::path>& folders, model::Protocol protocol)
    -> std::vector<std::shared_ptr<const model::Model>> {
  std::vector<std::shared_ptr<const model::Model>> models;
  for (const auto& id : list_models(folders)) {
    auto found = find_model(folders, id);
    for (const auto& diagnostic : found.diagnostics) {
      std::cerr << to_text(diagnostic) << "\n";
    }
    if (found.model && found.model->protocol == protocol) {
      models.push_back(std::move(found.model));
    }
  }
  return models;
}

}  // namespace bornier::app
