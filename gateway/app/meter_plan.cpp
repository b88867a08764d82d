// SPDX-License-Identifier: Apache-2.0
#include "app/meter_plan.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "modbus/planner.hpp"

namespace bornier::app {
namespace {

/// Bytes of an RTU frame that asks for registers, and those of an answer besides its registers.
constexpr std::size_t request_frame = 8;
constexpr std::size_t answer_frame = 5;

auto own_registers(const model::Point& point) -> modbus::Range {
  return {.table = point.table, .first = point.address, .count = point.encoding.registers};
}

auto limits_of(const model::Model& model) -> modbus::Limits {
  modbus::Limits limits;
  limits.max_registers = model.limits.registers_per_request;
  limits.even = model.limits.even;
  limits.holes_readable = model.limits.holes_readable;
  for (const auto& point : model.points) {
    if (point.alone || point.encoding.registers == 0) {
      continue;
    }
    limits.readable.push_back(own_registers(point));
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

/// Points that need each other's registers have one leader.
class Companions {
 public:
  explicit Companions(std::size_t size) : leader_(size), size_(size, 1) {
    std::iota(leader_.begin(), leader_.end(), std::size_t{0});
  }

  auto leader(std::size_t point) -> std::size_t {
    while (leader_[point] != point) {
      point = leader_[point] = leader_[leader_[point]];
    }
    return point;
  }
  void join(std::size_t left, std::size_t right) {
    const auto from = leader(left);
    const auto into = leader(right);
    if (from != into) {
      leader_[from] = into;
      size_[into] += size_[from];
    }
  }
  /// How many belong together with this point, itself included.
  auto size(std::size_t point) -> std::size_t { return size_[leader(point)]; }

 private:
  std::vector<std::size_t> leader_;
  std::vector<std::size_t> size_;
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

/// The point and all that it needs, as far as they have registers.
void collect_needed(const model::Model& model, std::size_t point, std::set<std::size_t>& needed) {
  if (model.points[point].encoding.registers > 0 && !needed.insert(point).second) {
    return;
  }
  for (const auto other : model.points[point].together) {
    collect_needed(model, other, needed);
  }
}

/// `planned` are the points behind the needs of the blocks.
auto requests_of(const model::Model& model, std::span<const std::size_t> points,
                 std::span<const std::size_t> planned, std::vector<modbus::Block> blocks)
    -> std::vector<Request> {
  const auto confirms = [&](const modbus::Block& block) {
    return std::ranges::any_of(
        block.needs, [&](const auto need) { return model::tells_a_setting(model, planned[need]); });
  };
  std::stable_partition(blocks.begin(), blocks.end(), std::not_fn(confirms));
  std::vector<Request> requests;
  std::map<std::size_t, std::size_t> request_of;
  for (const auto& block : blocks) {
    for (const auto need : block.needs) {
      request_of[planned[need]] = requests.size();
    }
    requests.push_back({.table = block.table,
                        .first = block.first,
                        .count = block.count,
                        .points = {},
                        .shared = {},
                        .confirms = confirms(block)});
  }
  std::vector<std::size_t> sorted{points.begin(), points.end()};
  std::sort(sorted.begin(), sorted.end());
  for (const auto point : sorted) {
    std::set<std::size_t> needed;
    collect_needed(model, point, needed);
    std::set<std::size_t> holding;
    for (const auto one : needed) {
      holding.insert(request_of.at(one));
    }
    for (const auto request : holding) {
      auto& list = holding.size() == 1 ? requests[request].points : requests[request].shared;
      list.push_back(point);
    }
  }
  return requests;
}

/// How closely a point is tied to others, loosened step by step where no request can hold them all.
enum class Tie : std::uint8_t {
  all,     ///< everything that depends on it or that it depends on
  scales,  ///< without the sums that it is a part of
  none,
};

class Ties {
 public:
  explicit Ties(const model::Model& model)
      : all_{model.points.size()}, scales_{model.points.size()}, ties_(model.points.size()) {}

  void join(const model::Model& model, std::size_t point, std::size_t needed) {
    all_.join(point, needed);
    if (model.points[point].parts.empty()) {
      scales_.join(point, needed);
    }
  }
  /// Points with the same number are to come in one request; nothing: it need not be with others.
  auto group(std::size_t point) -> std::optional<int> {
    const auto tie = ties_[point];
    if (tie == Tie::none || companions(tie).size(point) == 1) {
      return std::nullopt;
    }
    const auto leader = companions(tie).leader(point);
    return static_cast<int>(tie == Tie::all ? leader : leader + ties_.size());
  }
  /// For all of the point's group.
  void loosen(std::size_t point) {
    const auto tie = ties_[point];
    const auto leader = companions(tie).leader(point);
    for (std::size_t other = 0; other < ties_.size(); ++other) {
      if (ties_[other] == tie && companions(tie).leader(other) == leader) {
        ties_[other] = tie == Tie::all ? Tie::scales : Tie::none;
      }
    }
  }

 private:
  auto companions(Tie tie) -> Companions& { return tie == Tie::all ? all_ : scales_; }

  Companions all_;
  Companions scales_;
  std::vector<Tie> ties_;
};

}  // namespace

auto plan_requests(const model::Model& model, std::span<const std::size_t> points,
                   const modbus::Cost& cost, const modbus::Refusals& refusals)
    -> wire::Result<std::vector<Request>, std::string> {
  std::vector<std::size_t> all{points.begin(), points.end()};
  Ties ties{model};
  for (std::size_t index = 0; index < all.size(); ++index) {
    const auto point = all[index];
    for (const auto other : model.points[point].together) {
      ties.join(model, point, other);
      if (std::find(all.begin(), all.end(), other) == all.end()) {
        all.push_back(other);
      }
    }
  }
  std::erase_if(all, [&](const auto point) { return model.points[point].encoding.registers == 0; });

  auto limits = limits_of(model);
  limits.boundaries.insert(limits.boundaries.end(), refusals.boundaries.begin(),
                           refusals.boundaries.end());
  limits.forbidden = refusals.lacking;
  for (;;) {
    std::vector<modbus::Need> needs;
    for (const auto index : all) {
      const auto& point = model.points[index];
      needs.push_back({.table = point.table,
                       .first = point.address,
                       .count = point.encoding.registers,
                       .alone = point.alone,
                       .together = point.alone ? std::nullopt : ties.group(index)});
    }
    const auto blocks = modbus::plan(needs, limits, cost);
    if (blocks) {
      return requests_of(model, points, all, *blocks);
    }
    const auto& fault = blocks.error();
    if (!needs[fault.need].together) {
      return to_sentence(fault, model.points[all[fault.need]].name);
    }
    ties.loosen(all[fault.need]);
  }
}

auto needs_registers(const model::Model& model, std::size_t point, const modbus::Range& registers)
    -> bool {
  std::set<std::size_t> needed;
  collect_needed(model, point, needed);
  return std::ranges::any_of(needed, [&](const auto one) {
    const auto& [table, address, count] = own_registers(model.points[one]);
    // What is read alone has another meaning there.
    return !model.points[one].alone && table == registers.table &&
           address < registers.first + registers.count && registers.first < address + count;
  });
}

auto parts_of(const model::Model& model, const Request& request) -> std::vector<modbus::Range> {
  std::set<std::size_t> needed;
  for (const auto* points : {&request.points, &request.shared}) {
    for (const auto point : *points) {
      collect_needed(model, point, needed);
    }
  }
  std::vector<modbus::Range> all;
  for (const auto point : needed) {
    auto registers = own_registers(model.points[point]);
    if (model.limits.even && !model.points[point].alone) {
      const auto end = registers.first + registers.count;
      registers.first = static_cast<std::uint16_t>(registers.first - registers.first % 2U);
      registers.count = end + end % 2U - registers.first;
    }
    if (!model.points[point].alone && registers.table == request.table &&
        registers.first >= request.first &&
        registers.first + registers.count <= request.first + std::uint32_t{request.count}) {
      all.push_back(registers);
    }
  }
  std::ranges::sort(all, {}, &modbus::Range::first);
  std::vector<modbus::Range> parts;
  for (const auto& registers : all) {
    if (parts.empty() || parts.back().first + parts.back().count <= registers.first) {
      parts.push_back(registers);
      continue;
    }
    auto& last = parts.back();
    last.count = std::max(last.first + last.count, registers.first + registers.count) - last.first;
  }
  return parts;
}

auto cost_of(const BusSettings& bus, const model::Timing& timing) -> modbus::Cost {
  // What most meters take until the first byte of an answer.
  constexpr std::chrono::microseconds delay{20'000};
  const std::chrono::microseconds pause = bus.pause.value_or(timing.pause);
  // The speed behind a converter is nowhere told: that of most lines is assumed.
  const auto serial = bus.transport == Transport::rtu ? bus.serial : modbus::SerialFormat{};
  if (bus.transport == Transport::tcp) {
    constexpr std::uint32_t word = 10;
    return {.request = static_cast<std::uint32_t>((delay + pause).count()), .word = word};
  }
  const auto silence = std::max<reading::Instant::duration>(pause, frame_silence(serial));
  const auto around = silence + delay + transmission_time(serial, request_frame) +
                      transmission_time(serial, answer_frame);
  const auto in_microseconds = [](auto time) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  };
  return {.request = in_microseconds(around),
          .word = in_microseconds(transmission_time(serial, 2))};
}

}  // namespace bornier::app
