// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "modbus/planner.hpp"
#include "modbus/refusal_search.hpp"
#include "model/model.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

namespace bornier::app {

/// One request to a meter and the points that its answer gives: indexes into Model::points.
struct Request {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t count{};
  std::vector<std::size_t> points;
  /// What this answer gives only with those of other requests: a value whose scale stands in
  /// another table, a sum of distant registers.
  std::vector<std::size_t> shared{};
  /// It holds what tells the meaning of values: it goes after the others, so that what it shows
  /// holds for them.
  bool confirms{};
};

/// The requests that read these points of a model at the least `cost` within its limits, or one
/// sentence that says why there are none. What a point needs beside its own registers comes in the
/// same request where the meter's limits allow it. What the device has refused is read around;
/// points that it lacks must not be among `points`.
[[nodiscard]] auto plan_requests(const model::Model& model, std::span<const std::size_t> points,
                                 const modbus::Cost& cost = {},
                                 const modbus::Refusals& refusals = {})
    -> wire::Result<std::vector<Request>, std::string>;

/// The point cannot be read without these registers.
[[nodiscard]] auto needs_registers(const model::Model& model, std::size_t point,
                                   const modbus::Range& registers) -> bool;

/// What a request carries that comes whole or not at all, for a search: each of one or more points,
/// in ascending order and without overlap. None of a point that is read alone.
[[nodiscard]] auto parts_of(const model::Model& model, const Request& request)
    -> std::vector<modbus::Range>;

/// What a request to a meter costs on this bus, in microseconds: on a serial line its pause, its
/// frames and its delay; elsewhere little but the round trip.
[[nodiscard]] auto cost_of(const BusSettings& bus, const model::Timing& timing) -> modbus::Cost;

}  // namespace bornier::app
