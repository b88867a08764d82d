// SPDX-License-Identifier: Apache-2.0
#include "app/meter_plan.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "modbus/planner.hpp"

namespace bornier::app {
namespace {

auto limits_of(const model::Model& model) -> modbus::Limits {
  modbus::Limits limits;
  limits.max_registers = model.limits.registers_per_request;
  limits.even = model.limits.even;
  limits.holes_readable = model.limits.holes_readable;
  for (const auto& point : model.points) {
    limits.readable.push_back(
        {.table = point.table, .first = point.address, .count = point.encoding.registers});
  }
  for (const auto& range : model.limits.ranges) {
    limits.boundaries.push_back({.table = range.table, .first = range.first, .count = 0});
    if (range.last < 0xFFFFU) {
      limits.boundaries.push_back(
          {.table = range.table, .first = static_cast<std::uint16_t>(range.last + 1U), .count = 0});
    }
  }
  return limits;
}

/// Points that need each other's registers get one number: a value and the header that scales it
/// come in one request.
class Companions {
 public:
  explicit Companions(std::size_t size) : leader_(size) {
    std::iota(leader_.begin(), leader_.end(), std::size_t{0});
  }

  auto leader(std::size_t point) -> std::size_t {
    while (leader_[point] != point) {
      point = leader_[point] = leader_[leader_[point]];
    }
    return point;
  }
  void join(std::size_t left, std::size_t right) { leader_[leader(left)] = leader(right); }

 private:
  std::vector<std::size_t> leader_;
};

auto to_sentence(const modbus::PlanFault& fault, const std::string& point) -> std::string {
  switch (fault.problem) {
    case modbus::PlanProblem::empty: return "`" + point + "` has no registers";
    case modbus::PlanProblem::beyond_the_table:
      return "`" + point + "` reaches past register 65535";
    case modbus::PlanProblem::too_large:
      return "`" + point + "` does not fit one request within the meter's limit";
    case modbus::PlanProblem::odd:
      return "`" + point + "` must be read alone, but not at even addresses";
    case modbus::PlanProblem::several_tables:
      return "`" + point + "` and what scales it stand in different tables";
    case modbus::PlanProblem::crosses_boundary:
      return "`" + point + "` spans a boundary that no request may cross";
    case modbus::PlanProblem::touches_forbidden:
      return "`" + point + "` stands in registers that may not be read";
    case modbus::PlanProblem::hole_between:
      return "`" + point + "` can only be read over registers that the meter refuses";
  }
  return "`" + point + "` cannot be read";
}

}  // namespace

auto plan_requests(const model::Model& model, std::span<const std::size_t> points)
    -> wire::Result<std::vector<Request>, std::string> {
  std::vector<bool> wanted(model.points.size());
  std::vector<std::size_t> all;
  Companions companions{model.points.size()};
  std::vector<bool> has_companion(model.points.size());
  for (const auto point : points) {
    wanted.at(point) = true;
    all.push_back(point);
  }
  for (std::size_t index = 0; index < all.size(); ++index) {
    for (const auto other : model.points[all[index]].together) {
      companions.join(all[index], other);
      has_companion[all[index]] = has_companion[other] = true;
      if (std::find(all.begin(), all.end(), other) == all.end()) {
        all.push_back(other);
      }
    }
  }
  std::vector<modbus::Need> needs;
  for (const auto index : all) {
    const auto& point = model.points[index];
    modbus::Need need{.table = point.table,
                      .first = point.address,
                      .count = point.encoding.registers,
                      .alone = point.alone,
                      .together = std::nullopt};
    if (has_companion[index]) {
      need.together = static_cast<int>(companions.leader(index));
    }
    needs.push_back(need);
  }
  const auto blocks = modbus::plan(needs, limits_of(model), modbus::Cost{});
  if (!blocks) {
    return to_sentence(blocks.error(), model.points[all[blocks.error().need]].name);
  }
  std::vector<Request> requests;
  for (const auto& block : *blocks) {
    Request request{.table = block.table, .first = block.first, .count = block.count, .points = {}};
    for (const auto need : block.needs) {
      if (wanted[all[need]]) {
        request.points.push_back(all[need]);
      }
    }
    std::sort(request.points.begin(), request.points.end());
    requests.push_back(std::move(request));
  }
  return requests;
}

}  // namespace bornier::app
