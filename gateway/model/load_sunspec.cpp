// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/load_parts.hpp"
#include "model/sunspec.hpp"

namespace bornier::model {
namespace {

constexpr std::int64_t largest_id = sunspec_end - 1;
constexpr std::uint32_t addresses = 65'536;

/// Points that are written with their place in a SunSpec model get their address in the layout.
void move_points(Draft& draft) {
  auto& model = draft.model;
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    auto& point = model.points[index];
    if (point.parts.empty() && draft.sound[index]) {
      point.address = static_cast<std::uint16_t>(
          point.address + model.sunspec[draft.sunspec_of_point[index]].first);
    }
  }
}

}  // namespace

void load_base(Draft& draft, TableReader& root) {
  const toml::table* table = root.table("base");
  if (table == nullptr) {
    return;
  }
  TableReader reader{*table, "`base`", draft.report};
  reader.require("sunspec");
  const toml::node* node = reader.node("sunspec");
  reader.finish();
  if (node == nullptr) {
    return;
  }
  const toml::array* ids = node->as_array();
  for (std::size_t index = 0; ids != nullptr && index < ids->size(); ++index) {
    const auto id = (*ids)[index].value_exact<std::int64_t>().value_or(0);
    const bool again =
        std::ranges::any_of(draft.model.sunspec, [id](const auto& one) { return one.id == id; });
    if (id < 1 || id > largest_id || again) {
      break;
    }
    draft.model.sunspec.push_back({static_cast<std::uint16_t>(id), 0, 0});
  }
  if (ids == nullptr || ids->empty() || draft.model.sunspec.size() != ids->size()) {
    draft.report.add(*node,
                     "`sunspec` takes the ids of SunSpec models, 1 to 65534, each once: [1, 203]");
  }
}

void read_sunspec(Draft& draft, TableReader& reader) {
  const auto& known = draft.model.sunspec;
  if (known.empty()) {
    reader.forbid("sunspec", "the model has no `base`; write base = { sunspec = [1, 203] } above");
    draft.sunspec_of_point.push_back(0);
    return;
  }
  std::size_t chosen = known.size() - 1;
  if (const auto id = reader.whole("sunspec", 1, largest_id)) {
    const auto found = std::ranges::find(known, *id, &SunSpecModel::id);
    if (found == known.end()) {
      reader.complain("sunspec", "SunSpec model " + std::to_string(*id) +
                                     " is not among those of `base`; add it there");
    } else {
      chosen = static_cast<std::size_t>(found - known.begin());
    }
  }
  draft.sunspec_of_point.push_back(chosen);
}

void lay_out_sunspec(Draft& draft, TableReader& root) {
  auto& model = draft.model;
  if (model.sunspec.empty()) {
    return;
  }
  if (!model.limits.ranges.empty()) {
    root.complain("limits", "with `base` a request lies within one SunSpec model; remove `ranges`");
    return;
  }
  if (model.limits.even) {
    root.complain("limits",
                  "with `base` only the device knows which addresses are even; remove `even`");
    return;
  }
  std::vector<std::uint32_t> reach(model.sunspec.size(), sunspec_header);
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const auto& point = model.points[index];
    if (!point.parts.empty() || !draft.sound[index]) {
      continue;
    }
    if (point.table != wire::Table::holding_register) {
      draft.report.add(draft.point_places[index],
                       "point " + quoted(point.name) +
                           ": SunSpec models lie in holding registers; write table = \"holding\"");
      draft.sound[index] = false;
      continue;
    }
    auto& registers = reach[draft.sunspec_of_point[index]];
    registers = std::max(registers, std::uint32_t{point.address} + point.encoding.registers);
  }
  std::uint32_t first = sunspec_first;
  for (std::size_t index = 0; index < reach.size(); ++index) {
    if (first + reach[index] + sunspec_header > addresses) {
      root.complain("base", "the models of `base` do not fit behind address " +
                                std::to_string(sunspec_first) +
                                "; `address` is the place in the SunSpec model, from 0");
      return;
    }
    model.sunspec[index].first = static_cast<std::uint16_t>(first);
    model.sunspec[index].registers = static_cast<std::uint16_t>(reach[index]);
    first += reach[index];
    model.limits.ranges.push_back({wire::Table::holding_register, model.sunspec[index].first,
                                   static_cast<std::uint16_t>(first - 1)});
  }
  move_points(draft);
}

}  // namespace bornier::model
