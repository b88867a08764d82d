// SPDX-License-Identifier: Apache-2.0
#include "app/local_commands.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "app/make_line.hpp"
#include "app/point_table.hpp"
#include "app/pulse_meters.hpp"
#include "model/select.hpp"

namespace bornier::app {
namespace {

namespace json = boost::json;

/// So long an order waits for its turn on the bus.
constexpr std::chrono::seconds longest_turn{10};
constexpr std::size_t most_patterns = 100;
/// {"…"} nested deeper than this is no request.
constexpr std::size_t deepest = 8;

auto error(std::string_view what) -> json::object {
  return {{"error", what}};
}

/// The points that the request names, else all that are read of the meter.
auto points_of(const json::object& request, const MeterSettings& meter)
    -> wire::Result<std::vector<std::size_t>, model::Objection> {
  std::vector<std::string> patterns;
  if (const auto* named = request.if_contains("points")) {
    const auto* list = named->if_array();
    if (list == nullptr || list->size() > most_patterns ||
        !std::ranges::all_of(*list, [](const json::value& each) { return each.is_string(); })) {
      return model::Objection{"\"points\" takes a list of texts"};
    }
    for (const auto& each : *list) {
      patterns.emplace_back(each.get_string().c_str());
    }
  }
  if (patterns.empty()) {
    std::vector<std::size_t> all;
    for (const auto& poll : meter.polls) {
      all.insert(all.end(), poll.points.begin(), poll.points.end());
    }
    std::ranges::sort(all);
    return all;
  }
  auto chosen = model::select(*meter.model, patterns);
  if (!chosen) {
    return model::Objection{"the model of the running gateway has no point \"" +
                            chosen.error().front().pattern + "\""};
  }
  return std::move(*chosen);
}

auto rows_of(const Table& table) -> json::array {
  json::array rows;
  for (const auto& row : table.rows) {
    json::array cells;
    for (const auto& cell : row) {
      cells.emplace_back(cell);
    }
    rows.emplace_back(std::move(cells));
  }
  return rows;
}

}  // namespace

LocalCommands::LocalCommands(boost::asio::any_io_executor executor,
                             const Configuration& configuration, const TrustedClock& clock,
                             const std::vector<std::unique_ptr<BusPoller>>& buses,
                             Collector& collector, std::function<std::string()> report)
    : executor_{std::move(executor)},
      configuration_{configuration},
      clock_{clock},
      buses_{buses},
      collector_{collector},
      report_{std::move(report)} {}

auto LocalCommands::answer(std::string request) -> boost::asio::awaitable<std::string> {
  boost::system::error_code failure;
  json::parse_options options;
  options.max_depth = deepest;
  const auto parsed = json::parse(request, failure, {}, options);
  if (failure || !parsed.is_object()) {
    co_return json::serialize(
        error(R"(a request is one JSON object, such as {"command":"status"})"));
  }
  const auto& object = parsed.get_object();
  const auto* command = object.if_contains("command");
  const auto* name = command == nullptr ? nullptr : command->if_string();
  if (name != nullptr && *name == "status") {
    co_return report_();
  }
  if (name != nullptr && *name == "read") {
    const auto read_answer = co_await read(object);
    co_return json::serialize(read_answer);
  }
  if (name != nullptr && *name == "node") {
    const auto node_answer = co_await node(object);
    co_return json::serialize(node_answer);
  }
  if (name == nullptr || (*name != "look" && *name != "write")) {
    const auto named = command == nullptr ? std::string{"null"} : json::serialize(*command);
    const auto unknown =
        "unknown command " + named + R"(; known: "status", "read", "look", "write", "node")";
    co_return json::serialize(error(unknown));
  }
  auto order = parse_order(object);
  if (!order) {
    co_return json::serialize(error(order.error().text));
  }
  Answer carried_out;
  if (*name == "look") {
    carried_out = co_await look(std::move(*order));
  } else {
    carried_out = co_await write(std::move(*order));
  }
  co_return json::serialize(carried_out);
}

auto LocalCommands::named(const std::string& id) const -> wire::Result<Named, model::Objection> {
  const auto found = std::ranges::find(configuration_.meters, id, &MeterSettings::id);
  if (std::ranges::count(configuration_.mqtt_meters, id, &MqttMeterSettings::id) > 0) {
    return model::Objection{"meter \"" + id +
                            "\" speaks MQTT: it sends of its own accord and is not asked"};
  }
  if (const auto pulses = pulse_meter(id)) {
    return model::Objection{"meter \"" + id + "\" has no registers: its pulses are counted by \"" +
                            device_of(configuration_, *pulses).id + "\""};
  }
  if (found == configuration_.meters.end()) {
    return model::Objection{"the running gateway has no meter \"" + id +
                            "\"; if it is new in the configuration, reload the gateway"};
  }
  const auto& bus = *buses_.at(found->bus);
  const auto polled = std::ranges::find_if(
      bus.meters(), [&](const BusPoller::Meter& meter) { return meter.settings->id == id; });
  return Named{.number = polled->number,
               .bus = found->bus,
               .place = static_cast<std::size_t>(polled - bus.meters().begin()),
               .meter = polled->settings,
               .bus_settings = bus.reader().settings()};
}

auto LocalCommands::pulse_meter(const std::string& id) const -> std::optional<PulseMeterSettings> {
  const auto found = std::ranges::find(configuration_.pulse_meters, id, &PulseMeterSettings::id);
  return found == configuration_.pulse_meters.end() ? std::nullopt : std::optional{*found};
}

auto LocalCommands::effort_for(std::size_t meter) const -> MeterReader::Effort {
  return collector_.meter(meter).state == reading::Acquisition::ok ? MeterReader::Effort::full
                                                                   : MeterReader::Effort::once;
}

auto LocalCommands::on_bus(std::size_t bus, CommandLane::Work work)
    -> boost::asio::awaitable<CommandLane::End> {
  const auto deadline = clock_.clock().now().instant + longest_turn;
  const auto end = co_await buses_.at(bus)->lane().carry_out(std::move(work), deadline);
  co_return end;
}

auto LocalCommands::read(const json::object& request) -> boost::asio::awaitable<Answer> {
  const auto* named_meter = request.if_contains("meter");
  const std::string id =
      named_meter != nullptr && named_meter->is_string() ? named_meter->get_string().c_str() : "";
  const auto pulses = pulse_meter(id);
  const auto found = named(pulses ? device_of(configuration_, *pulses).id : id);
  if (!found) {
    co_return error(found.error().text);
  }
  const auto& meter = *found->meter;
  auto points = points_of(request, meter);
  if (pulses) {
    points = std::vector<std::size_t>{pulses->count};
  }
  if (!points) {
    co_return error(points.error().text);
  }
  const auto cost = cost_of(found->bus_settings, meter.model->timing);
  // A copy: by the time that the answers are there, the bus may be another one.
  const MeterLearning learning = buses_.at(found->bus)->learning(found->place);
  const auto readable = without_lacking(learning, *points);
  const auto requests =
      plan_requests(*meter.model, readable.empty() ? *points : readable, cost, learning.known());
  if (!requests) {
    co_return error(requests.error());
  }
  std::vector<Gathered> gathered;
  auto outcome = modbus::Outcome::silent;
  std::string line;
  CommandLane::Work work = [&](MeterReader& reader,
                               Between between) -> boost::asio::awaitable<void> {
    const Arrived arrived = [&gathered](const Gathered& one) { gathered.push_back(one); };
    outcome = co_await reader.read(meter, *requests, MeterReader::Effort::once, arrived,
                                   std::move(between));
    line = reader.line().name();
    reader.forget(*requests);
  };
  const auto end = co_await on_bus(found->bus, std::move(work));
  if (end != CommandLane::End::done) {
    co_return error(to_text(end));
  }
  const bool lacking = !gathered.empty() && gathered.front().lacking;
  Answer answer;
  answer["read"] = outcome == modbus::Outcome::answered;
  answer["told"] = why_unread(outcome, lacking, found->bus_settings, line, meter);
  Table table;
  if (!gathered.empty()) {
    table = point_table(meter, *requests, gathered);
    if (!readable.empty()) {
      add_lacking(table, meter, *points, learning);
    }
    if (pulses) {
      table = pulse_table(*pulses, meter.model->points[pulses->count].name, std::move(table),
                          clock_.clock().now().stamp);
    }
  }
  answer["rows"] = rows_of(table);
  co_return answer;
}

auto LocalCommands::look(LocalOrder order) -> boost::asio::awaitable<Answer> {
  const auto found = named(order.meter);
  if (!found) {
    co_return error(found.error().text);
  }
  const auto target = target_of(order, *found->meter);
  if (!target) {
    co_return error(target.error());
  }
  Seen seen;
  CommandLane::Work work = [&](MeterReader& reader,
                               const Between&) -> boost::asio::awaitable<void> {
    MeterWriter writer{executor_, reader,  clock_.clock(),
                       *target,   nullptr, effort_for(found->number)};
    seen = co_await writer.look();
  };
  const auto end = co_await on_bus(found->bus, std::move(work));
  if (end != CommandLane::End::done) {
    co_return error(to_text(end));
  }
  Answer answer;
  answer["answered"] = seen.outcome == modbus::Outcome::answered;
  answer["value"] = seen.text;
  co_return answer;
}

auto LocalCommands::write(LocalOrder order) -> boost::asio::awaitable<Answer> {
  const auto found = named(order.meter);
  if (!found) {
    co_return error(found.error().text);
  }
  auto target = target_of(order, *found->meter);
  if (!target) {
    co_return error(target.error());
  }
  target->meter.bus = found->bus;
  const auto wanted = parse_wanted(*target, order.value);
  if (!wanted) {
    co_return error(wanted.error().text);
  }
  if (const auto* neighbour = neighbour_at(configuration_, *target, *wanted)) {
    co_return error("meter \"" + neighbour->id + "\" of the same bus has this unit id");
  }
  WriteReport report;
  CommandLane::Work work = [&](MeterReader& reader,
                               const Between&) -> boost::asio::awaitable<void> {
    const MeterWriter::LineMaker make_another = [this](const BusSettings& bus) {
      return make_line(executor_, clock_.clock(), bus);
    };
    MeterWriter writer{executor_, reader,       clock_.clock(),
                       *target,   make_another, effort_for(found->number)};
    report = co_await writer.write(*wanted, order.password);
    record(*found, *target, *wanted, report);
  };
  const auto end = co_await on_bus(found->bus, std::move(work));
  if (end != CommandLane::End::done) {
    co_return error(to_text(end));
  }
  Answer answer;
  answer["success"] = succeeded(report.end);
  answer["end"] = to_text(report.end);
  answer["before"] = report.before;
  answer["after"] = report.after;
  answer["summary"] = summary(*target, *wanted, report);
  answer["told"] = report.told;
  co_return answer;
}

/// Also where whoever asked has gone meanwhile.
void LocalCommands::record(const Named& named, const WriteTarget& target, const Wanted& wanted,
                           const WriteReport& report) {
  const auto text = summary(target, wanted, report);
  if (report.end == WriteEnd::impossible) {
    spdlog::info("meter {}: {}: {}", named.meter->id, text, report.told);
    return;
  }
  const bool success = succeeded(report.end);
  spdlog::log(success ? spdlog::level::info : spdlog::level::warn, "meter {}: written: {}: {}",
              named.meter->id, text, report.told);
  collector_.event(reading::EventKind::register_written, named.number, success ? 1 : 0, text,
                   clock_.moment());
  const auto access =
      target.point ? target.meter.model->points[*target.point].access : model::Access{};
  if (success && access.sets != model::Sets::nothing) {
    spdlog::warn("meter {}: it may answer elsewhere now; correct the configuration and reload",
                 named.meter->id);
  }
}

}  // namespace bornier::app
