// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/database.hpp"

namespace bornier::platform {

/// What one receiver knows of a gateway; counted since it started.
struct GatewayFigures {
  std::optional<reading::Stamp> last_seen;
  std::optional<reading::Stamp> newest;  ///< latest time in what was stored
  std::uint64_t batches{};
  std::uint64_t readings{};
  std::uint64_t conflicts{};
  std::uint64_t quarantined{};
  std::uint64_t unconfirmed{};         ///< batches, by its newest status
  batch::Sequence oldest_unconfirmed;  ///< by the same; 0: none
  bool silent{};
};

/// A gateway fell silent, or is back.
struct Silence {
  std::string city;
  std::string gateway;
  bool silent{};
  std::optional<reading::Stamp> last_seen;
};

/// Watches gateways come and go. One is silent if its connection broke, which its last will tells,
/// or if nothing of it came for `silent_after`; a live one sends a status each minute.
class Gateways {
 public:
  using Name = std::pair<std::string, std::string>;  ///< city, gateway
  /// More are not watched: names cost nothing to whoever may publish.
  static constexpr std::size_t most = 20'000;

  explicit Gateways(std::chrono::seconds silent_after) : silent_after_{silent_after} {}

  /// Known from earlier: silent if it is not heard of from the first watch() on.
  void expect(const Name& name) { watched_.try_emplace(name); }
  void heard(const Name& name, reading::Now now);
  /// A retained status tells of the past.
  void said(const Name& name, const batch::Status& status, bool retained, reading::Now now);
  void stored(const BatchArrival& arrival, Verdict verdict);

  /// Without a broker nothing can be heard: nobody falls silent until `silent_after` after it is
  /// back.
  void broker_lost() { deaf_ = true; }
  void broker_found(reading::Instant now) {
    deaf_ = false;
    hearing_since_ = now;
  }

  /// What has changed. To be called every few seconds.
  [[nodiscard]] auto watch(reading::Instant now) -> std::vector<Silence>;
  [[nodiscard]] auto figures() const -> std::map<Name, GatewayFigures>;

 private:
  struct Watched {
    GatewayFigures figures;
    std::optional<reading::Instant> heard_at;
    std::uint64_t session{};
    bool left{};     ///< by its last will
    bool is_back{};  ///< heard of since it fell silent
  };
  [[nodiscard]] auto find(const Name& name) -> Watched*;

  std::chrono::seconds silent_after_;
  bool deaf_{};
  std::optional<reading::Instant> hearing_since_;
  std::map<Name, Watched> watched_;
};

}  // namespace bornier::platform
