// SPDX-License-Identifier: Apache-2.0
#include "app/reload_plan.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace bornier::app {
namespace {

constexpr std::size_t most_named_in_summary = 10;

template <class List, class Same>
auto index_where(const List& list, Same same) -> std::optional<std::size_t> {
  const auto found = std::ranges::find_if(list, same);
  return found == list.end() ? std::nullopt
                             : std::optional{static_cast<std::size_t>(found - list.begin())};
}

auto index_of_bus(const Configuration& configuration, const std::string& name)
    -> std::optional<std::size_t> {
  return index_where(configuration.buses, [&](const BusSettings& bus) { return bus.name == name; });
}

auto index_of_meter(const Configuration& configuration, const std::string& id)
    -> std::optional<std::size_t> {
  return index_where(configuration.meters,
                     [&](const MeterSettings& meter) { return meter.id == id; });
}

auto name_of_bus(const Configuration& configuration, const MeterSettings& meter)
    -> const std::string& {
  return configuration.buses.at(meter.bus).name;
}

auto endpoint_of_bus(const BusSettings& bus) {
  return std::tie(bus.transport, bus.host, bus.port, bus.device);
}

auto what_people_call(const MeterSettings& meter) {
  return std::tie(meter.name, meter.code, meter.installed, meter.labels);
}

/// The device and its point stand in the text of a period.
auto what_differs(const PulseMeterSettings& meter) {
  return std::tie(meter.name, meter.code, meter.serial, meter.installed, meter.labels,
                  meter.quantity, meter.medium, meter.periods);
}

auto is_same_model(const MeterSettings& left, const MeterSettings& right) -> bool {
  return left.model == right.model || (left.model && right.model && *left.model == *right.model);
}

auto points_read(const MeterSettings& meter) -> std::vector<std::size_t> {
  std::vector<std::size_t> points;
  for (const auto& poll : meter.polls) {
    points.insert(points.end(), poll.points.begin(), poll.points.end());
  }
  std::ranges::sort(points);
  return points;
}

auto change_of_meter(const Configuration& running, const Configuration& wanted,
                     const MeterSettings& meter) -> MeterChange {
  MeterChange change;
  change.before = index_of_meter(running, meter.id);
  if (!change.before) {
    return change;
  }
  const auto& before = running.meters[*change.before];
  change.described_anew = what_people_call(before) != what_people_call(meter);
  if (!is_same_model(before, meter)) {
    return change;
  }
  const bool same_device = name_of_bus(running, before) == name_of_bus(wanted, meter) &&
                           before.unit_id == meter.unit_id && before.serial == meter.serial &&
                           before.settings == meter.settings &&
                           points_read(before) == points_read(meter);
  if (!same_device) {
    change.kept = Kept::refusals;
  } else {
    const bool same_polls =
        before.polls == meter.polls && before.writes_scan_list == meter.writes_scan_list;
    change.kept = same_polls ? Kept::schedule : Kept::view;
  }
  return change;
}

auto change_of_bus(const Configuration& running, const Configuration& wanted,
                   const std::vector<MeterChange>& meters, std::size_t bus) -> BusChange {
  const auto& settings = wanted.buses[bus];
  BusChange change;
  change.before = index_of_bus(running, settings.name);
  if (change.before && running.buses[*change.before] == settings) {
    std::ptrdiff_t unchanged = 0;
    bool all = true;
    for (std::size_t meter = 0; meter < wanted.meters.size(); ++meter) {
      if (wanted.meters[meter].bus == bus) {
        ++unchanged;
        all = all && meters[meter].kept == Kept::schedule;
      }
    }
    change.goes_on =
        all && unchanged == std::ranges::count(running.meters, *change.before, &MeterSettings::bus);
  }
  if (change.goes_on) {
    change.keeps_line = true;
    return change;
  }
  change.before = index_where(running.buses, [&](const BusSettings& other) {
    return endpoint_of_bus(other) == endpoint_of_bus(settings);
  });
  if (change.before) {
    const auto& before = running.buses[*change.before];
    change.keeps_line = before.serial == settings.serial && before.rs485 == settings.rs485;
  }
  return change;
}

/// Puts running values back, and remembers which differed.
class Keeping {
 public:
  template <class Value>
  void keep(std::string_view key, const Value& running, Value& wanted) {
    if (running != wanted) {
      differing_.emplace_back(key);
      wanted = running;
    }
  }
  void note(std::string_view key) { differing_.emplace_back(key); }
  auto take() -> std::vector<std::string> { return std::move(differing_); }

 private:
  std::vector<std::string> differing_;
};

void keep_broker(const std::string& table, const BrokerSettings& running, BrokerSettings& wanted,
                 Keeping& keeping) {
  const auto own = "[" + table + "] ";
  keeping.keep(own + "broker", running.broker, wanted.broker);
  keeping.keep(own + "keepalive", running.keepalive, wanted.keepalive);
  keeping.keep(own + "username", running.username, wanted.username);
  keeping.keep(own + "password_file", running.password_file, wanted.password_file);
  const auto tls = "[" + table + ".tls] ";
  keeping.keep(tls + "ca", running.ca, wanted.ca);
  keeping.keep(tls + "certificate", running.certificate, wanted.certificate);
  keeping.keep(tls + "key", running.key, wanted.key);
}

void keep_platform(const PlatformSettings& running, PlatformSettings& wanted, Keeping& keeping) {
  keep_broker("platform", running, wanted, keeping);
  keeping.keep("[platform] confirm", running.confirm, wanted.confirm);
  keeping.keep("[platform] batch_every", running.batch_every, wanted.batch_every);
  keeping.keep("[platform] batch_max", running.batch_max, wanted.batch_max);
  keeping.keep("[platform] backlog_rate", running.backlog_rate, wanted.backlog_rate);
}

/// What is there in both stays as it runs, and so does whether it is there.
template <class Settings, class Keep>
void keep_table(std::string_view name, const std::optional<Settings>& running,
                std::optional<Settings>& wanted, Keeping& keeping, Keep keep) {
  if (running && wanted) {
    keep(*running, *wanted, keeping);
  } else if (running.has_value() != wanted.has_value()) {
    keeping.note(name);
    wanted = running;
  }
}

void keep_local(const LocalSettings& running, LocalSettings& wanted, Keeping& keeping) {
  keep_broker("local", running, wanted, keeping);
  keeping.keep("[local] topic", running.topic, wanted.topic);
  keeping.keep("[local] retain", running.retain, wanted.retain);
}

void add_to_summary(std::string& text, const std::string& sentence) {
  text += (text.empty() ? "" : "; ") + sentence;
}

void add_names_to_summary(std::string& text, std::string_view intro,
                          const std::vector<std::string>& names) {
  if (names.empty()) {
    return;
  }
  std::string list;
  for (std::size_t index = 0; index < std::min(names.size(), most_named_in_summary); ++index) {
    list += (index == 0 ? " " : ", ") + names[index];
  }
  if (names.size() > most_named_in_summary) {
    list += " and " + std::to_string(names.size() - most_named_in_summary) + " more";
  }
  add_to_summary(text, std::string{intro} + list);
}

}  // namespace

auto plan_reload(const Configuration& running, const Configuration& wanted) -> ReloadPlan {
  ReloadPlan plan;
  for (const auto& meter : wanted.meters) {
    plan.meters.push_back(change_of_meter(running, wanted, meter));
  }
  for (std::size_t bus = 0; bus < wanted.buses.size(); ++bus) {
    plan.buses.push_back(change_of_bus(running, wanted, plan.meters, bus));
  }
  for (std::size_t bus = 0; bus < running.buses.size(); ++bus) {
    const bool goes_on = std::ranges::any_of(plan.buses, [bus](const BusChange& change) {
      return change.goes_on && change.before == bus;
    });
    if (!goes_on) {
      plan.ended.push_back(bus);
    }
  }
  return plan;
}

auto keep_until_next_start(const Configuration& running, Configuration& wanted)
    -> std::vector<std::string> {
  Keeping keeping;
  keeping.keep("[gateway] id", running.gateway.id, wanted.gateway.id);
  keeping.keep("[gateway] city", running.gateway.city, wanted.gateway.city);
  keeping.keep("[gateway] state_directory", running.gateway.state_directory,
               wanted.gateway.state_directory);
  keeping.keep("[gateway] clock", running.gateway.clock, wanted.gateway.clock);
  keeping.keep("[buffer] commit_every", running.buffer.commit_every, wanted.buffer.commit_every);
  keeping.keep("[buffer] max_bytes", running.buffer.max_bytes, wanted.buffer.max_bytes);
  keeping.keep("[buffer] max_age", running.buffer.max_age, wanted.buffer.max_age);
  keeping.keep("[buffer] keep_confirmed", running.buffer.keep_confirmed,
               wanted.buffer.keep_confirmed);
  keeping.keep("[buffer] memory", running.buffer.memory, wanted.buffer.memory);
  keep_table("[platform]", running.platform, wanted.platform, keeping, keep_platform);
  keep_table("[local]", running.local, wanted.local, keeping, keep_local);
  return keeping.take();
}

void share_models(const Configuration& running, Configuration& wanted) {
  std::map<const model::Model*, std::shared_ptr<const model::Model>> shared;
  for (auto& meter : wanted.meters) {
    const auto [found, is_new] = shared.try_emplace(meter.model.get(), meter.model);
    if (is_new) {
      const auto same = std::ranges::find_if(
          running.meters, [&](const MeterSettings& other) { return is_same_model(other, meter); });
      found->second = same == running.meters.end() ? meter.model : same->model;
    }
    meter.model = found->second;
  }
}

auto summary_of(const ReloadPlan& plan, const Configuration& running, const Configuration& wanted)
    -> std::string {
  std::vector<std::string> begun;
  std::vector<std::string> again;
  std::vector<std::string> ended;
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  std::size_t undisturbed = 0;
  for (std::size_t bus = 0; bus < wanted.buses.size(); ++bus) {
    const auto& name = wanted.buses[bus].name;
    if (plan.buses[bus].goes_on) {
      ++undisturbed;
    } else {
      (index_of_bus(running, name) ? again : begun).push_back(name);
    }
  }
  for (const auto bus : plan.ended) {
    if (!index_of_bus(wanted, running.buses[bus].name)) {
      ended.push_back(running.buses[bus].name);
    }
  }
  for (std::size_t meter = 0; meter < wanted.meters.size(); ++meter) {
    const auto& change = plan.meters[meter];
    if (!change.before) {
      added.push_back(wanted.meters[meter].id);
    } else if (change.kept != Kept::schedule || change.described_anew) {
      changed.push_back(wanted.meters[meter].id);
    }
  }
  for (const auto& meter : running.meters) {
    if (!index_of_meter(wanted, meter.id)) {
      removed.push_back(meter.id);
    }
  }
  for (const auto& meter : wanted.pulse_meters) {
    const auto before = std::ranges::find(running.pulse_meters, meter.id, &PulseMeterSettings::id);
    if (before == running.pulse_meters.end()) {
      added.push_back(meter.id);
    } else if (what_differs(*before) != what_differs(meter)) {
      changed.push_back(meter.id);
    }
  }
  for (const auto& meter : running.pulse_meters) {
    if (std::ranges::count(wanted.pulse_meters, meter.id, &PulseMeterSettings::id) == 0) {
      removed.push_back(meter.id);
    }
  }
  std::string text;
  add_names_to_summary(text, "new buses:", begun);
  add_names_to_summary(text, "buses begun again:", again);
  add_names_to_summary(text, "buses ended:", ended);
  add_names_to_summary(text, "new meters:", added);
  add_names_to_summary(text, "changed meters:", changed);
  add_names_to_summary(text, "removed meters:", removed);
  add_to_summary(text, "undisturbed: " + std::to_string(undisturbed) + " of " +
                           std::to_string(wanted.buses.size()) + " buses");
  return text;
}

}  // namespace bornier::app
