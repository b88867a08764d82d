// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "model/captures.hpp"
#include "model/notation.hpp"
#include "simulator/description_parts.hpp"

/// [[mqtt]] of a description.
namespace bornier::simulator {
namespace {

using model::TableReader;

constexpr model::DurationRange any_span{std::chrono::milliseconds{1}, std::chrono::days{1}};

auto read_messages(TableReader& reader, const model::Model& model) -> std::vector<std::string> {
  auto names = reader.texts("messages").value_or(std::vector<std::string>{});
  std::vector<std::string_view> known;
  for (const auto& message : model.messages) {
    known.push_back(message.name);
  }
  for (const auto& name : names) {
    if (std::ranges::find(known, name) == known.end()) {
      reader.complain("messages", "model " + model::quoted(model.id) + " has no message " +
                                      model::quoted(name) + model::did_you_mean(name, known));
    }
  }
  std::ranges::sort(names);
  return names;
}

auto repertoire(const MessageMeterDescription& meter, const std::vector<std::string>& messages,
                Whole& whole)
    -> wire::Result<std::shared_ptr<const MessageRepertoire>, std::string> {
  const std::tuple key{meter.model->id, meter.settings, messages};
  const auto known = whole.repertoires.find(key);
  if (known != whole.repertoires.end()) {
    return known->second;
  }
  auto made = repertoire_of(meter.model, settings_with(*meter.model, meter.settings), messages);
  using Shared = wire::Result<std::shared_ptr<const MessageRepertoire>, std::string>;
  auto shared = made ? Shared{std::make_shared<const MessageRepertoire>(*std::move(made))}
                     : Shared{made.error()};
  return whole.repertoires.emplace(key, std::move(shared)).first->second;
}

void read_repertoire(MessageMeterDescription& meter, TableReader& reader, Whole& whole) {
  const auto messages = read_messages(reader, *meter.model);
  const auto found = repertoire(meter, messages, whole);
  const auto* const key = messages.empty() ? "model" : "messages";
  if (!found) {
    reader.complain(key, found.error());
    return;
  }
  if (!messages.empty() && !(*found)->left_out.empty()) {
    reader.complain(key, (*found)->left_out.front());
  }
  meter.repertoire = *found;
  for (const auto& made : meter.repertoire->templates) {
    if (meter.every < made.time_resolution()) {
      reader.complain("every", "messages of model " + model::quoted(meter.model->id) +
                                   " tell their time in steps of " +
                                   model::to_text(made.time_resolution()) +
                                   ": they cannot come more often than that");
      return;
    }
  }
}

/// Everything that needs the model.
void read_of_model(MessageMeterDescription& meter, TableReader& reader, Whole& whole) {
  const auto mistakes = whole.report.size();
  meter.captures = model::read_captures(reader, *meter.model);
  meter.settings = read_settings(*meter.model, reader, whole.report);
  meter.values.fixed = read_fixed(*meter.model, reader, whole.report);
  if (whole.report.size() > mistakes) {
    static_cast<void>(reader.texts("messages"));
    return;
  }
  read_repertoire(meter, reader, whole);
  if (whole.report.size() > mistakes) {
    return;
  }
  if (const auto checked = check_values(meter); !checked) {
    const bool has_constants = !meter.values.fixed.empty();
    reader.complain(has_constants ? "fixed" : "map", checked.error());
  }
}

auto read_message_meter(const toml::table& table, Whole& whole) -> MessageMeterDescription {
  TableReader reader{table, "the meter", whole.report};
  MessageMeterDescription meter;
  meter.name = read_name(reader, whole);
  meter.model = read_model(reader, model::Protocol::mqtt, whole);
  auto& values = meter.values;
  values.row_every = whole.row_every;
  const auto played = read_recording(reader, meter.model.get(), whole);
  values.recording = played.recording;
  values.wrap = played.wrap;
  values.generate = reader.boolean("generate").value_or(values.recording == nullptr);
  values.seed = static_cast<std::uint32_t>(reader.whole("seed", 0, 0xFFFFFFFF).value_or(1));
  meter.every = reader.duration("every", any_span).value_or(meter.every);
  meter.retained = reader.boolean("retained").value_or(false);
  meter.dead = reader.boolean("dead").value_or(false);
  if (meter.model != nullptr) {
    read_of_model(meter, reader, whole);
  } else {
    for (const auto* key : {"device", "captures", "settings", "fixed", "messages"}) {
      static_cast<void>(reader.node(key));
    }
  }
  for (const auto* key : {"unit_id", "latency", "ignores_writes"}) {
    reader.forbid(key, "it is for meters that are asked, in an [[endpoint.meter]]");
  }
  reader.finish();
  return meter;
}

}  // namespace

auto read_broker(const toml::table& table, Whole& whole) -> Broker {
  TableReader reader{table, "[[mqtt]]", whole.report};
  Broker broker;
  broker.mqtt = whole.sources.broker(reader, whole.report);
  reader.require("meter");
  std::map<std::pair<std::string, std::map<std::string, std::string>>, std::string> devices;
  for (const toml::table* each : reader.tables("meter")) {
    auto meter = read_message_meter(*each, whole);
    if (meter.model != nullptr) {
      const auto other = devices.emplace(std::pair{meter.model->id, meter.captures}, meter.name);
      if (!other.second) {
        whole.report.add(*each, "meters " + model::quoted(other.first->second) + " and " +
                                    model::quoted(meter.name) +
                                    " are the same device; give each a `device` of its own");
      }
    }
    broker.meters.push_back(std::move(meter));
  }
  reader.finish();
  return broker;
}

}  // namespace bornier::simulator
