// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {

/// What [[meter]] and [[mqtt.meter]] have in common. Lives while one file is read.
class MeterConfiguration {
 public:
  /// All are borrowed; `models` are the ids of all model files.
  MeterConfiguration(model::Report& report, const Surroundings& surroundings,
                     const std::vector<std::string>& models)
      : report_{report}, surroundings_{surroundings}, models_{models} {}

  /// No meter can have one of these ids: buses with points have them.
  void reserve(std::set<std::string> names_of_buses) {
    names_of_buses_ = std::move(names_of_buses);
  }
  /// id, name, code, serial, labels, installed.
  void read_identity(model::TableReader& settings, Identity& meter);
  /// Model and settings stay empty if it has mistakes.
  void read_model(model::TableReader& settings, model::Protocol protocol, MeteringPoint& meter);
  /// settings, ct, vt.
  void read_choices(model::TableReader& settings, MeteringPoint& meter);
  /// `points` and `every`: the selected ones and those that are `needed` besides, each with its
  /// period.
  [[nodiscard]] auto read_points(model::TableReader& settings, const MeteringPoint& meter,
                                 const model::DurationRange& range, milliseconds usual,
                                 const std::vector<std::size_t>& needed)
      -> std::map<std::size_t, milliseconds>;

 private:
  [[nodiscard]] auto read_every(model::TableReader& settings, const MeteringPoint& meter,
                                const model::DurationRange& range, milliseconds usual,
                                std::map<std::size_t, milliseconds>& own_period) -> milliseconds;

  model::Report& report_;
  const Surroundings& surroundings_;
  const std::vector<std::string>& models_;
  std::set<std::string> ids_;
  std::set<std::string> names_of_buses_;
  std::set<std::string> refused_models_;
};

}  // namespace bornier::app
