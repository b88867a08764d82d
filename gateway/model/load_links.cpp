// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "model/load_parts.hpp"
#include "model/register_words.hpp"

/// What a file says by the name of a point: the register of a code, the factors of a scale, the
/// parts of a sum.
namespace bornier::model {
namespace {

auto known_point(Draft& draft, const std::string& name, const toml::source_region& place)
    -> std::optional<std::size_t> {
  const auto found = find_point(draft.model, name);
  if (!found) {
    std::vector<std::string_view> names;
    for (const Point& point : draft.model.points) {
      names.push_back(point.name);
    }
    draft.report.add(place, "the model has no point " + quoted(name) + did_you_mean(name, names));
  }
  return found;
}

void resolve_code(Draft& draft, std::size_t index) {
  Model& model = draft.model;
  Code& code = model.codes[index];
  const toml::source_region& place = draft.code_places[index];
  const std::string& name = draft.code_points[index];
  if (name.empty()) {
    return;
  }
  const auto found = known_point(draft, name, place);
  if (!found) {
    return;
  }
  const Point& teller = model.points[*found];
  const RegisterType type = teller.encoding.type;
  if (!is_whole(type) || !teller.parts.empty()) {
    draft.report.add(place, "point " + quoted(name) +
                                " has no bits; a code needs bits16, enum16 "
                                "or an integer register");
  } else if (teller.bit_count != 0) {
    draft.report.add(place, "point " + quoted(name) +
                                " is a part of a register; name one that is the whole register");
  } else if (code.last_bit >= teller.encoding.registers * 16U) {
    draft.report.add(place,
                     "point " + quoted(name) + " has no bit " + std::to_string(code.last_bit));
  }
  code.point = *found;
  for (Point& point : model.points) {
    if (point.code == index) {
      point.together.push_back(*found);
    }
  }
}

/// What chooses must not depend on what a register tells in turn.
auto can_tell_a_setting(const Draft& draft, const Point& point) -> bool {
  const auto is_told = [&draft](std::optional<std::size_t> setting) {
    return setting && !draft.setting_points[*setting].empty();
  };
  return !point.conversions.empty() && !point.when && !is_told(point.setting) &&
         !is_told(point.word_order) && !is_told(point.byte_order);
}

auto depends_on(const Point& point, std::size_t setting) -> bool {
  return point.setting == setting || point.word_order == setting || point.byte_order == setting ||
         (point.when && point.when->setting == setting);
}

/// A point has one unit in the catalog, and a register may show another choice at any time.
void refuse_changing_unit(Draft& draft, std::size_t index, const std::string& setting) {
  const auto& units = draft.model.points[index].units;
  const auto other = std::ranges::find_if(
      units, [&units](const reading::Unit* unit) { return unit != units.front(); });
  if (other != units.end()) {
    draft.report.add(draft.point_places[index],
                     quoted(draft.model.points[index].name) + " would change from " +
                         std::string{units.front()->code} + " to " + std::string{(*other)->code} +
                         " whenever setting " + quoted(setting) +
                         " does; write a point for each unit, with when = { " + setting +
                         " = \"OPTION\" }");
  }
}

void resolve_setting(Draft& draft, std::size_t index) {
  Model& model = draft.model;
  const toml::source_region& place = draft.setting_places[index];
  const std::string& name = draft.setting_points[index];
  if (name.empty()) {
    return;
  }
  const auto found = known_point(draft, name, place);
  if (!found) {
    return;
  }
  if (!can_tell_a_setting(draft, model.points[*found])) {
    if (draft.sound[*found]) {
      draft.report.add(place, "point " + quoted(name) +
                                  " cannot tell a setting: it is no number of its own, or itself "
                                  "follows what a register tells");
    }
    return;
  }
  model.settings[index].point = *found;
  for (std::size_t point = 0; point < model.points.size(); ++point) {
    if (depends_on(model.points[point], index)) {
      model.points[point].together.push_back(*found);
      if (model.points[point].setting == index) {
        refuse_changing_unit(draft, point, model.settings[index].name);
      }
    }
  }
}

void resolve_factor(Draft& draft, std::size_t index, const NamedFactor& factor) {
  const toml::source_region& place = draft.point_places[index];
  const auto found = known_point(draft, factor.point, place);
  if (!found) {
    return;
  }
  const Point& teller = draft.model.points[*found];
  const std::string names = quoted(draft.model.points[index].name) + " is multiplied with " +
                            quoted(factor.point) + ", which ";
  if (teller.conversions.empty() && draft.sound[*found]) {
    draft.report.add(place, names + "is no number of its own");
  } else if (!draft.links[*found].factors.empty()) {
    draft.report.add(place, names + "is multiplied with another point itself; name that one too");
  } else if (!draft.model.primary_values && draft.sound[*found] &&
             transformed_by(teller) != TransformedBy::none) {
    draft.report.add(place, names +
                                "is itself a secondary value, so that a configured ct or vt "
                                "would be applied twice; name a point that it leaves alone");
  } else {
    draft.model.points[index].factors.push_back({factor.kind, *found});
    draft.model.points[index].together.push_back(*found);
  }
}

/// The parts' unit is the sum's.
void resolve_part(Draft& draft, std::size_t index, std::size_t place_in_sum) {
  const toml::source_region& place = draft.point_places[index];
  const std::string& name = draft.links[index].parts[place_in_sum];
  const auto found = known_point(draft, name, place);
  if (!found) {
    return;
  }
  Point& whole = draft.model.points[index];
  const Point& part = draft.model.points[*found];
  const std::string beginning = quoted(whole.name) + " is made of " + quoted(name) + ", which ";
  if (part.conversions.empty()) {
    if (draft.sound[*found] || !part.parts.empty()) {
      draft.report.add(place, beginning + "is no number of its own");
    }
    return;
  }
  if (place_in_sum == 0) {
    whole.setting = part.setting;
    whole.units = part.units;
  } else if (whole.units != part.units || whole.setting != part.setting) {
    return draft.report.add(
        place, beginning + "has another unit than " + quoted(draft.links[index].parts.front()));
  }
  whole.parts[place_in_sum].point = *found;
  whole.together.push_back(*found);
  const reading::Unit* own =
      whole.quantity != nullptr ? reading::find_unit(whole.quantity->unit) : nullptr;
  if (place_in_sum == 0 && own != nullptr && !part.units.empty() &&
      part.units.front()->dimension != own->dimension) {
    draft.report.add(place, beginning + "is in " + std::string{part.units.front()->code} +
                                ": that is not " + quoted(whole.quantity->name));
  }
}

/// Which points a value needs would never end.
void refuse_circles(Draft& draft) {
  enum class Visit : std::uint8_t { none, under_way, done };
  std::vector<Visit> visits(draft.model.points.size());
  struct Entered {
    std::size_t point;
    std::size_t next;
  };
  for (std::size_t start = 0; start < visits.size(); ++start) {
    std::vector<Entered> path;
    const auto enter = [&](std::size_t point) {
      if (visits[point] == Visit::none) {
        visits[point] = Visit::under_way;
        path.push_back({point, 0});
      }
    };
    enter(start);
    while (!path.empty()) {
      auto& [point, next] = path.back();
      if (next == draft.model.points[point].together.size()) {
        visits[point] = Visit::done;
        path.pop_back();
        continue;
      }
      const std::size_t needed = draft.model.points[point].together[next++];
      if (visits[needed] == Visit::under_way) {
        draft.report.add(draft.point_places[point],
                         quoted(draft.model.points[point].name) + " needs " +
                             quoted(draft.model.points[needed].name) +
                             ", which needs it in turn; break the circle");
      }
      enter(needed);
    }
  }
}

}  // namespace

void resolve_links(Draft& draft) {
  for (std::size_t index = 0; index < draft.model.settings.size(); ++index) {
    resolve_setting(draft, index);
  }
  for (std::size_t index = 0; index < draft.model.codes.size(); ++index) {
    resolve_code(draft, index);
  }
  for (std::size_t index = 0; index < draft.model.points.size(); ++index) {
    for (const NamedFactor& factor : draft.links[index].factors) {
      resolve_factor(draft, index, factor);
    }
    for (std::size_t part = 0; part < draft.links[index].parts.size(); ++part) {
      resolve_part(draft, index, part);
    }
  }
  refuse_circles(draft);
}

}  // namespace bornier::model
