// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "model/model.hpp"

/// The log of events that a meter keeps of its own.
namespace bornier::model {

/// One entry as it stands in the meter.
struct LoggedEvent {
  std::uint32_t number{};
  std::uint32_t boot{};         ///< of its number as much as an entry has
  std::chrono::seconds time{};  ///< since that boot began
  std::uint32_t kind{};
  std::uint32_t source{};
  std::uint32_t value{};

  friend auto operator==(const LoggedEvent&, const LoggedEvent&) -> bool = default;
};

/// `words` are the registers of one entry: `log.registers` of them.
[[nodiscard]] auto logged_event(const EventLog& log, std::span<const std::uint16_t> words)
    -> LoggedEvent;

/// How long ago it was; nothing if it was in another boot than the one of which `boots` is the
/// number and that has lasted for `uptime`.
[[nodiscard]] auto age_of(const EventLog& log, const LoggedEvent& event, std::uint64_t boots,
                          std::chrono::seconds uptime) -> std::optional<std::chrono::seconds>;

/// It was in a later boot than the one of this number.
[[nodiscard]] auto is_of_later_boot(const EventLog& log, const LoggedEvent& event,
                                    std::uint64_t boots) -> bool;

/// "bounce storm on input 3": what the file says of its kind.
[[nodiscard]] auto text_of(const EventLog& log, const LoggedEvent& event) -> std::string;

}  // namespace bornier::model
