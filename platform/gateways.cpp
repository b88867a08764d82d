// SPDX-License-Identifier: Apache-2.0
#include "platform/gateways.hpp"

#include <algorithm>

namespace bornier::platform {

auto Gateways::find(const Name& name) -> Watched* {
  const auto found = watched_.find(name);
  if (found != watched_.end()) {
    return &found->second;
  }
  return watched_.size() < most ? &watched_[name] : nullptr;
}

void Gateways::heard(const Name& name, reading::Now now) {
  if (auto* gateway = find(name)) {
    gateway->heard_at = now.instant;
    gateway->figures.last_seen = now.stamp;
    gateway->left = false;
    gateway->is_back = true;
  }
}

void Gateways::said(const Name& name, const batch::Status& status, bool retained,
                    reading::Now now) {
  auto* gateway = find(name);
  if (!gateway || status.session < gateway->session) {
    return;  // the will of an older session comes late
  }
  gateway->session = status.session;
  if (!status.online) {
    gateway->left = true;
    return;
  }
  gateway->figures.unconfirmed = status.unconfirmed_batches;
  gateway->figures.oldest_unconfirmed = status.oldest_unconfirmed;
  if (!retained) {
    heard(name, now);
  }
}

void Gateways::stored(const BatchArrival& arrival, Verdict verdict) {
  const auto& header = arrival.batch.header;
  auto* gateway = find({header.city, header.gateway});
  if (!gateway) {
    return;
  }
  auto& figures = gateway->figures;
  switch (verdict) {
    case Verdict::stored:
      ++figures.batches;
      if (std::holds_alternative<reading::Entries>(arrival.batch.body)) {
        figures.readings += header.readings;
      }
      break;
    case Verdict::conflict: ++figures.conflicts; return;
    case Verdict::quarantined: ++figures.quarantined; return;
    case Verdict::already_there: break;
  }
  figures.newest = std::max(figures.newest.value_or(header.last), header.last);
}

auto Gateways::watch(reading::Instant now) -> std::vector<Silence> {
  std::vector<Silence> changes;
  if (deaf_) {
    return changes;
  }
  for (auto& [name, gateway] : watched_) {
    if (!gateway.heard_at) {
      gateway.heard_at = now;
    }
    const auto since = std::max(*gateway.heard_at, hearing_since_.value_or(*gateway.heard_at));
    const bool was_silent = gateway.figures.silent;
    const bool silent =
        gateway.left || (was_silent ? !gateway.is_back : now >= since + silent_after_);
    if (silent != gateway.figures.silent) {
      gateway.figures.silent = silent;
      gateway.is_back = false;
      changes.push_back({name.first, name.second, silent, gateway.figures.last_seen});
    }
  }
  return changes;
}

auto Gateways::figures() const -> std::map<Name, GatewayFigures> {
  std::map<Name, GatewayFigures> figures;
  for (const auto& [name, gateway] : watched_) {
    figures.emplace_hint(figures.end(), name, gateway.figures);
  }
  return figures;
}

}  // namespace bornier::platform
