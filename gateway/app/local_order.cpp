// SPDX-License-Identifier: Apache-2.0
#include "app/local_order.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "model/register_types.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 1'000;

/// Reads the keys of a request; the first that is wrong is the objection.
class Keys {
 public:
  explicit Keys(const json::object& object) : object_{object} {}

  auto text(std::string_view key, bool required = false) -> std::string {
    const auto* value = object_.if_contains(key);
    if (value == nullptr && !required) {
      return {};
    }
    const auto* found = value == nullptr ? nullptr : value->if_string();
    if (found == nullptr || found->size() > longest_text || (required && found->empty())) {
      object_to(key, "a text");
      return {};
    }
    return {found->data(), found->size()};
  }
  auto number(std::string_view key, std::int64_t most) -> std::int64_t {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) {
      return 0;
    }
    const auto* found = value->if_int64();
    if (found == nullptr || *found < 0 || *found > most) {
      object_to(key, "a whole number up to " + std::to_string(most));
      return 0;
    }
    return *found;
  }
  auto choice(std::string_view key, std::string_view first, std::string_view second) -> bool {
    const auto found = text(key);
    if (!found.empty() && found != first && found != second) {
      object_to(key, "\"" + std::string{first} + "\" or \"" + std::string{second} + "\"");
    }
    return found == second;
  }
  void object_to(std::string_view key, const std::string& expected) {
    if (objection_.empty()) {
      objection_ = "\"" + std::string{key} + "\" takes " + expected;
    }
  }
  [[nodiscard]] auto objection() const -> const std::string& { return objection_; }

 private:
  const json::object& object_;
  std::string objection_;
};

}  // namespace

auto to_json(const LocalOrder& order, std::string_view command) -> std::string {
  json::object object{{"command", command}, {"meter", order.meter}};
  if (!order.setting.empty()) {
    object["setting"] = order.setting;
  } else {
    object["table"] = model::to_text(order.place.table);
    object["address"] = order.place.first;
    object["type"] = order.type;
    object["word_order"] = order.place.encoding.low_word_first ? "little" : "big";
    object["byte_order"] = order.place.encoding.low_byte_first ? "little" : "big";
    object["function"] = order.place.function;
  }
  if (!order.value.empty()) {
    object["value"] = order.value;
  }
  if (order.password) {
    object["password"] = reading::to_text(*order.password);
  }
  return json::serialize(object);
}

auto parse_order(const json::object& object) -> wire::Result<LocalOrder, model::Objection> {
  Keys keys{object};
  LocalOrder order;
  order.meter = keys.text("meter", true);
  order.setting = keys.text("setting");
  order.value = keys.text("value");
  const auto password = keys.text("password");
  order.password = reading::parse_decimal(password);
  if (!password.empty() && !order.password) {
    keys.object_to("password", "a number as text");
  }
  if (order.setting.empty()) {
    order.place.table =
        keys.choice("table", "holding", "coil") ? wire::Table::coil : wire::Table::holding_register;
    order.place.first = static_cast<std::uint16_t>(keys.number("address", 65'535));
    order.place.function = static_cast<unsigned>(keys.number("function", 16));
    order.type = keys.text("type", true);
    const auto encoding = model::parse_register_type(order.type);
    if (!encoding) {
      keys.object_to("type", "one of " + model::register_type_names());
    }
    order.place.encoding = encoding.value_or(model::Encoding{});
    order.place.encoding.low_word_first = keys.choice("word_order", "big", "little");
    order.place.encoding.low_byte_first = keys.choice("byte_order", "big", "little");
  }
  if (!keys.objection().empty()) {
    return model::Objection{keys.objection()};
  }
  return order;
}

auto target_of(const LocalOrder& order, const MeterSettings& meter)
    -> wire::Result<WriteTarget, std::string> {
  return order.setting.empty() ? target_of_place(meter, order.place)
                               : target_of_point(meter, order.setting);
}

auto neighbour_at(const Configuration& configuration, const WriteTarget& target,
                  const Wanted& wanted) -> const MeterSettings* {
  if (!target.point) {
    return nullptr;
  }
  const auto& point = target.meter.model->points[*target.point];
  const auto unit = model::reach_after(point, wanted.value).unit_id;
  const auto found = std::ranges::find_if(configuration.meters, [&](const MeterSettings& other) {
    return unit && other.bus == target.meter.bus && other.unit_id == wire::UnitId{*unit} &&
           other.unit_id != target.meter.unit_id;
  });
  return found == configuration.meters.end() ? nullptr : &*found;
}

}  // namespace bornier::app
