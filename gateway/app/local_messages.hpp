// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "batch/catalog.hpp"
#include "reading/entries.hpp"

/// What is said on the local broker, and where: nothing here talks to it.
namespace bornier::app {

/// What a point, or a meter as a whole, is called there.
struct LocalName {
  std::string topic;  ///< of its readings; that of its state is one level below
  std::string unit;   ///< UCUM; empty for texts, and for a meter
};

struct LocalState {
  reading::Acquisition state{};
  std::uint8_t exception_code{};
};

/// A reading or a change of state.
struct LocalMessage {
  std::shared_ptr<const LocalName> name;
  reading::Stamp time;  ///< milliseconds since boot while the clock was not `trusted`
  bool trusted{};
  reading::Quality quality;
  std::variant<reading::Decimal, std::string, LocalState> value;
  bool newest = true;  ///< false: the meter has stated a later time before
};

[[nodiscard]] auto topic_of(const LocalMessage& message) -> std::string;
/// `{"time":"2026-11-28T04:00:00.000Z","value":230.20,"unit":"V"}`: the digits of the reading;
/// `value` is a string where the reading is a text. `quality` is there unless it is good.
/// A change of state has `state` instead. Before the clock is trusted `since_boot_ms` stands
/// instead of `time`.
[[nodiscard]] auto payload_of(const LocalMessage& message) -> std::string;

/// Knows the names behind the numbers of the catalog.
class LocalNames {
 public:
  /// All topics begin with `root`: ROOT/METER/POINT, ROOT/METER/state and ROOT/METER/POINT/state.
  explicit LocalNames(std::string root) : root_{std::move(root)} {}

  /// Numbers of before stay: they are not used again, and readings under them may be on their way.
  void add(const std::vector<batch::Registration>& registrations,
           const std::vector<batch::Registered::Numbers>& numbers);

  /// Appends a message for each reading and each change of state, nothing of what has no name.
  void translate(const reading::Entries& entries, bool trusted, std::deque<LocalMessage>& messages);

 private:
  std::string root_;
  std::map<reading::PointNumber, std::shared_ptr<const LocalName>> points_;
  std::map<reading::PointNumber, reading::Stamp> newest_;  ///< of times that meters state
  std::map<reading::MeterNumber, std::shared_ptr<const LocalName>> meters_;
};

}  // namespace bornier::app
