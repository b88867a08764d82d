// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "app/write_target.hpp"
#include "reading/decimal.hpp"

/// What the tools ask a running gateway to do on its buses, as it goes over the local socket.
namespace bornier::app {

/// To look at one thing of a meter, or to write it.
struct LocalOrder {
  std::string meter;
  std::string setting;  ///< a point of its model, or what it sets; empty: `place`
  PlainPlace place;
  std::string type = "uint16";  ///< of `place`: as parse_register_type() takes it
  std::string value;            ///< to be written; may be empty to look only
  std::optional<reading::Decimal> password;
};

/// One line: {"command":"write","meter":…}. `command` is "look" or "write".
[[nodiscard]] auto to_json(const LocalOrder& order, std::string_view command) -> std::string;

/// Nothing is believed: keys of another kind, texts longer than 1,000 bytes, numbers out of range
/// and register types that are none are objections.
[[nodiscard]] auto parse_order(const boost::json::object& object)
    -> wire::Result<LocalOrder, model::Objection>;

/// What the order names of this meter.
[[nodiscard]] auto target_of(const LocalOrder& order, const MeterSettings& meter)
    -> wire::Result<WriteTarget, std::string>;

/// A meter of the same bus that has the unit id already which the value would give this one; null
/// if none.
[[nodiscard]] auto neighbour_at(const Configuration& configuration, const WriteTarget& target,
                                const Wanted& wanted) -> const MeterSettings*;

}  // namespace bornier::app
