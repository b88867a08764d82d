// SPDX-License-Identifier: Apache-2.0
#include "platform/metrics.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "reading/decimal.hpp"

namespace bornier::platform {
namespace {

/// Seconds with their milliseconds, without a detour over floating point.
auto seconds(std::chrono::milliseconds time) -> std::string {
  return to_text(reading::Decimal{time.count(), -3});
}

auto since_1970(reading::Stamp stamp) -> std::string {
  return seconds(stamp.time_since_epoch());
}

void head(std::string& page, std::string_view name, std::string_view type, std::string_view help) {
  for (const auto& [word, text] : {std::pair{"# HELP ", help}, std::pair{"# TYPE ", type}}) {
    page += word;
    page += "bornier_platform_";
    page += name;
    page += ' ';
    page += text;
    page += '\n';
  }
}

void whole(std::string& page, std::string_view name, std::string_view help, std::uint64_t value) {
  head(page, name, "counter", help);
  page += "bornier_platform_" + std::string{name} + " " + std::to_string(value) + "\n";
}

struct PerGateway {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  /// Nothing where there is nothing to say.
  std::optional<std::string> (*value)(const GatewayReport& gateway, reading::Stamp now);
};

auto count(std::uint64_t number) -> std::optional<std::string> {
  return std::to_string(number);
}

constexpr std::array per_gateway{
    PerGateway{"gateway_lag_seconds", "gauge", "Age of the newest time in what is stored.",
               [](const GatewayReport& gateway, reading::Stamp now) {
                 const auto& newest = gateway.figures.newest;
                 return newest ? std::optional{seconds(now - *newest)} : std::nullopt;
               }},
    PerGateway{"gateway_last_seen_timestamp_seconds", "gauge", "When a batch or status came last.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 const auto& seen = gateway.figures.last_seen;
                 return seen ? std::optional{since_1970(*seen)} : std::nullopt;
               }},
    PerGateway{"gateway_silent", "gauge", "1 while nothing comes from it.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.silent ? 1 : 0);
               }},
    PerGateway{"gateway_missing", "gauge", "Numbers that have been missing for a minute or longer.",
               [](const GatewayReport& gateway, reading::Stamp) { return count(gateway.missing); }},
    PerGateway{"gateway_oldest_missing", "gauge", "The lowest of them.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 const auto& oldest = gateway.oldest_missing;
                 return oldest ? count(oldest->value()) : std::nullopt;
               }},
    PerGateway{"gateway_unconfirmed", "gauge", "Batches not confirmed, by its newest status.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.unconfirmed);
               }},
    PerGateway{"gateway_oldest_unconfirmed", "gauge", "The lowest number of them.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 const auto oldest = gateway.figures.oldest_unconfirmed.value();
                 return oldest > 0 ? count(oldest) : std::nullopt;
               }},
    PerGateway{"gateway_batches_total", "counter", "Batches stored by this receiver.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.batches);
               }},
    PerGateway{"gateway_readings_total", "counter", "Readings stored by this receiver.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.readings);
               }},
    PerGateway{"gateway_conflicts_total", "counter", "Batches that contradict what is stored.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.conflicts);
               }},
    PerGateway{"gateway_quarantined_total", "counter", "Batches that contradict their catalog.",
               [](const GatewayReport& gateway, reading::Stamp) {
                 return count(gateway.figures.quarantined);
               }},
};

}  // namespace

auto to_prometheus(const Receiver& receiver, std::uint64_t lost, reading::Stamp now)
    -> std::string {
  std::string page;
  const auto& counters = receiver.counters();
  whole(page, "batches_total", "Batches stored.", counters.batches_stored);
  whole(page, "readings_total", "Readings stored.", counters.readings_stored);
  whole(page, "repeated_total", "Batches that were there already.", counters.already_there);
  whole(page, "conflicts_total", "Batches and catalogs in conflict.", counters.conflicts);
  whole(page, "quarantined_total", "Messages set aside.", counters.quarantined);
  whole(page, "parked_total", "Batches that waited for a catalog.", counters.parked);
  whole(page, "dropped_total", "Messages neither stored nor confirmed.", counters.dropped + lost);
  whole(page, "commits_total", "Commits.", counters.commits);
  whole(page, "failed_commits_total", "Commits that failed.", counters.failed_commits);
  const auto gateways = receiver.report();
  for (const auto& metric : per_gateway) {
    head(page, metric.name, metric.type, metric.help);
    for (const auto& gateway : gateways) {
      if (const auto value = metric.value(gateway, now)) {
        page += "bornier_platform_";
        page += metric.name;
        // Cities and gateways are ids: nothing in them has to be escaped.
        page += "{city=\"" + gateway.city + "\",gateway=\"" + gateway.gateway + "\"} " + *value;
        page += '\n';
      }
    }
  }
  return page;
}

}  // namespace bornier::platform
