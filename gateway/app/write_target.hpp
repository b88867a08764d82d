// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "model/writing.hpp"
#include "wire/pdu.hpp"
#include "wire/result.hpp"

namespace bornier::app {

/// A register or coil of a meter without regard to what its model says of it.
struct PlainPlace {
  wire::Table table{};  ///< holding registers or coils
  std::uint16_t first{};
  model::Encoding encoding;
  unsigned function{};  ///< 5, 6, 15 or 16; 0: the usual one
};

/// What is to be written: a writable point of a model, or a register or coil.
struct WriteTarget {
  MeterSettings meter;               ///< a copy; a plain place keeps only the timing of its model
  std::optional<std::size_t> point;  ///< of the model
  PlainPlace place;                  ///< of the point, too
  std::vector<Request> requests;     ///< read what it holds now; none of a write-only point
  std::string name;                  ///< "network_node (holding register 40021)"
};

/// What of `name` (a point, or what it sets) is written; or why it cannot be, for people.
[[nodiscard]] auto target_of_point(const MeterSettings& meter, std::string_view name)
    -> wire::Result<WriteTarget, std::string>;
/// Any place that Modbus can write may be written. `meter` may have no model.
[[nodiscard]] auto target_of_place(const MeterSettings& meter, const PlainPlace& place)
    -> wire::Result<WriteTarget, std::string>;

/// The value that shall be there.
struct Wanted {
  std::string shown;        ///< "2 (9600)"
  model::PointValue value;  ///< of a point
  model::Words words;       ///< of a plain place
};
[[nodiscard]] auto parse_wanted(const WriteTarget& target, std::string_view text)
    -> wire::Result<Wanted, model::Objection>;

/// What the words of a plain place say.
[[nodiscard]] auto shown(const PlainPlace& place, std::span<const std::uint16_t> words)
    -> std::string;

/// The requests that write these words there, in order; function 0 is the usual one: 5 for a coil,
/// 6 for a register, 16 for several.
[[nodiscard]] auto writes_of(const PlainPlace& place, std::span<const std::uint16_t> words)
    -> std::vector<wire::Pdu>;

}  // namespace bornier::app
