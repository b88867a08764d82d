// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "model/load_parts.hpp"
#include "model/register_words.hpp"

namespace bornier::model {
namespace {

auto last_address(const Point& point) -> std::uint32_t {
  return std::uint32_t{point.address} + point.encoding.registers - 1U;
}

void check_limits(Draft& draft, const Point& point, const toml::source_region& place) {
  const Limits& limits = draft.model.limits;
  const std::string name = "point " + quoted(point.name);
  if (!wire::is_bits(point.table) && point.encoding.registers > limits.registers_per_request) {
    draft.report.add(place, name + " has " + std::to_string(point.encoding.registers) +
                                " registers, a request only " +
                                std::to_string(limits.registers_per_request) +
                                "; raise [limits] registers_per_request or leave it out");
  }
  if (limits.even && point.address % 2 != 0) {
    draft.report.add(place, name + " begins at the odd address " + std::to_string(point.address) +
                                ", but [limits] says even; one of the two is wrong");
  }
  const bool inside = limits.ranges.empty() ||
                      std::ranges::any_of(limits.ranges, [&point](const AddressRange& range) {
                        return range.table == point.table && range.first <= point.address &&
                               last_address(point) <= range.last;
                      });
  if (!inside) {
    draft.report.add(place, name + " (" + std::string{to_text(point.table)} + " " +
                                std::to_string(point.address) + " to " +
                                std::to_string(last_address(point)) +
                                ") lies in none of the [limits] ranges; widen one or correct it");
  }
}

/// Fields of one register, or a register and its fields.
auto share_a_register(const Point& left, const Point& right) -> bool {
  return left.address == right.address && left.encoding.registers == right.encoding.registers &&
         (left.bit_count != 0 || right.bit_count != 0);
}

/// Never there at one time.
auto exclude_each_other(const Point& left, const Point& right) -> bool {
  return left.when && right.when && left.when->setting == right.when->setting &&
         left.when->choice != right.when->choice;
}

/// A point that is read alone may give its registers another meaning; otherwise each register has
/// one.
void check_overlaps(Draft& draft) {
  const std::vector<Point>& points = draft.model.points;
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&points](std::size_t left, std::size_t right) {
    return std::pair{points[left].table, points[left].address} <
           std::pair{points[right].table, points[right].address};
  });
  std::vector<std::size_t> reaching;  // earlier ones that may go as far as the next one
  for (const std::size_t index : order) {
    const Point& point = points[index];
    if (point.alone || !point.parts.empty() || !draft.sound[index]) {
      continue;
    }
    std::erase_if(reaching, [&](std::size_t other) {
      return points[other].table != point.table || last_address(points[other]) < point.address;
    });
    const auto other = std::ranges::find_if(reaching, [&](std::size_t candidate) {
      return !share_a_register(points[candidate], point) &&
             !exclude_each_other(points[candidate], point);
    });
    if (other != reaching.end()) {
      const std::size_t later = std::max(index, *other);
      const std::size_t earlier = std::min(index, *other);
      draft.report.add(draft.point_places[later], "point " + quoted(points[later].name) +
                                                      " overlaps " + quoted(points[earlier].name) +
                                                      " in " + std::string{to_text(point.table)} +
                                                      " register " + std::to_string(point.address) +
                                                      "; correct an address, or say alone = true");
    }
    reaching.push_back(index);
  }
}

/// Whoever adds the rollover to a fall would add too much.
void check_rollover(Draft& draft, const Point& point, const toml::source_region& place) {
  const unsigned bits = point.bit_count != 0 ? point.bit_count : point.encoding.registers * 16U;
  if (!point.rollover || !is_whole(point.encoding.type) || bits >= 63 ||
      point.conversions.size() != 1 || !point.factors.empty()) {
    return;
  }
  const auto& conversion = point.conversions.front();
  const auto wraps =
      scale(reading::integer(std::int64_t{1} << bits), conversion.weight, conversion.resolution);
  if (wraps && compare(*point.rollover, *wraps) > 0) {
    draft.report.add(place, "point " + quoted(point.name) +
                                " cannot count as far as its `rollover`: its register wraps at " +
                                reading::to_text(*wraps));
  }
}

}  // namespace

void check_layout(Draft& draft) {
  for (std::size_t index = 0; index < draft.model.points.size(); ++index) {
    if (draft.sound[index] && draft.model.points[index].parts.empty()) {
      check_limits(draft, draft.model.points[index], draft.point_places[index]);
      check_rollover(draft, draft.model.points[index], draft.point_places[index]);
    }
  }
  check_overlaps(draft);
}

}  // namespace bornier::model
