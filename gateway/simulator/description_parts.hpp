// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/toml_reader.hpp"
#include "simulator/description.hpp"

/// What description.cpp and message_description.cpp share; for nobody else.
namespace bornier::simulator {

/// What all meters of a description have in common.
struct Whole {
  const Sources& sources;
  model::Report& report;
  std::chrono::milliseconds row_every{};
  std::set<std::string> names{};  ///< of meters
  std::set<std::string> lines{};  ///< the places of serial lines
  std::map<std::string, std::shared_ptr<const model::Model>> models{};  ///< null: there is none
  /// By model, settings and messages: thousands of meters may be of one kind.
  std::map<std::tuple<std::string, std::map<std::string, std::string>, std::vector<std::string>>,
           wire::Result<std::shared_ptr<const MessageRepertoire>, std::string>>
      repertoires{};
};

[[nodiscard]] auto read_name(model::TableReader& reader, Whole& whole) -> std::string;
/// Null, and said why, if there is no such model of this protocol.
[[nodiscard]] auto read_model(model::TableReader& reader, model::Protocol protocol, Whole& whole)
    -> std::shared_ptr<const model::Model>;

struct Played {
  std::shared_ptr<const Recording> recording;
  bool wrap{};
};
/// `csv`, `map` and `at_end`. Without a model they are looked at as far as that goes.
[[nodiscard]] auto read_recording(model::TableReader& reader, const model::Model* model,
                                  const Whole& whole) -> Played;

[[nodiscard]] auto read_settings(const model::Model& model, model::TableReader& reader,
                                 model::Report& report) -> std::map<std::string, std::string>;
[[nodiscard]] auto read_fixed(const model::Model& model, model::TableReader& reader,
                              model::Report& report) -> std::map<std::string, std::string>;

/// One [[mqtt]].
[[nodiscard]] auto read_broker(const toml::table& table, Whole& whole) -> Broker;

}  // namespace bornier::simulator
