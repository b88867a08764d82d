// SPDX-License-Identifier: Apache-2.0
#include "app/report_json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace bornier::app {

namespace json = boost::json;

auto text_at(const json::object& object, std::string_view key) -> std::string {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) {
    return {};
  }
  return value->is_string() ? std::string{value->get_string()} : json::serialize(*value);
}

auto number_at(const json::object& object, std::string_view key) -> std::uint64_t {
  const auto* value = object.if_contains(key);
  boost::system::error_code not_exact;
  const auto number = value != nullptr ? value->to_number<std::uint64_t>(not_exact) : 0;
  return not_exact ? 0 : number;
}

auto object_at(const json::object& object, std::string_view key) -> json::object {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

auto objects_at(const json::object& object, std::string_view key) -> std::vector<json::object> {
  std::vector<json::object> objects;
  const auto* value = object.if_contains(key);
  if (value != nullptr && value->is_array()) {
    for (const auto& item : value->get_array()) {
      if (item.is_object()) {
        objects.push_back(item.get_object());
      }
    }
  }
  return objects;
}

}  // namespace bornier::app
