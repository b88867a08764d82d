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
  if (point.encoding.registers > limits.registers_per_request) {
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
  std::optional<std::size_t> reaching;  // the point that goes furthest so far
  for (const std::size_t index : order) {
    const Point& point = points[index];
    if (point.alone || !draft.sound[index]) {
      continue;
    }
    if (reaching && points[*reaching].table == point.table &&
        last_address(points[*reaching]) >= point.address) {
      const std::size_t later = std::max(index, *reaching);
      const std::size_t earlier = std::min(index, *reaching);
      draft.report.add(draft.point_places[later], "point " + quoted(points[later].name) +
                                                      " overlaps " + quoted(points[earlier].name) +
                                                      " in " + std::string{to_text(point.table)} +
                                                      " register " + std::to_string(point.address) +
                                                      "; correct an address, or say alone = true");
    }
    if (!reaching || points[*reaching].table != point.table ||
        last_address(point) > last_address(points[*reaching])) {
      reaching = index;
    }
  }
}

void resolve_code(Draft& draft, std::size_t index) {
  Model& model = draft.model;
  Code& code = model.codes[index];
  const toml::source_region& place = draft.code_places[index];
  const std::string& name = draft.code_points[index];
  const auto found = find_point(model, name);
  if (name.empty()) {
    return;
  }
  if (!found) {
    std::vector<std::string_view> names;
    for (const Point& point : model.points) {
      names.push_back(point.name);
    }
    draft.report.add(place, "the model has no point " + quoted(name) + did_you_mean(name, names));
    return;
  }
  const Point& teller = model.points[*found];
  const RegisterType type = teller.encoding.type;
  if (is_float(type) || type == RegisterType::text || type == RegisterType::mbus_f) {
    draft.report.add(place, "point " + quoted(name) +
                                " has no bits; a code needs bits16, enum16 "
                                "or an integer register");
  } else if (code.last_bit >= teller.encoding.registers * 16U) {
    draft.report.add(place,
                     "point " + quoted(name) + " has no bit " + std::to_string(code.last_bit));
  } else if (teller.alone) {
    draft.report.add(place, "point " + quoted(name) +
                                " is read alone, so it cannot come with the values it explains");
  }
  code.point = *found;
  for (Point& point : model.points) {
    if (point.code == index) {
      point.together.push_back(*found);
      if (point.alone) {
        draft.report.add(place, "point " + quoted(point.name) +
                                    " is read alone, so its code cannot come with it");
      }
    }
  }
}

}  // namespace

void check_layout(Draft& draft) {
  for (std::size_t index = 0; index < draft.model.codes.size(); ++index) {
    resolve_code(draft, index);
  }
  for (std::size_t index = 0; index < draft.model.points.size(); ++index) {
    if (draft.sound[index]) {
      check_limits(draft, draft.model.points[index], draft.point_places[index]);
    }
  }
  check_overlaps(draft);
}

}  // namespace bornier::model
