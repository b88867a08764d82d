// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Reads the daemon's status as it comes: of what has another shape than expected there is nothing.
namespace bornier::app {

/// Texts as they are, other values as JSON; empty for null and for what is not there.
[[nodiscard]] auto text_at(const boost::json::object& object, std::string_view key) -> std::string;
/// 0 for what is no such number.
[[nodiscard]] auto number_at(const boost::json::object& object, std::string_view key)
    -> std::uint64_t;
[[nodiscard]] auto object_at(const boost::json::object& object, std::string_view key)
    -> boost::json::object;
/// The objects of an array; what else it holds is passed over.
[[nodiscard]] auto objects_at(const boost::json::object& object, std::string_view key)
    -> std::vector<boost::json::object>;

}  // namespace bornier::app
