// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "model/decode.hpp"
#include "model/event_log.hpp"
#include "reading/time.hpp"

namespace bornier::app {

/// When to look into the log that a meter keeps of its own, and what is new in it. Of a meter
/// without one it is never due.
class EventLogWatch {
 public:
  struct Event {
    std::optional<std::chrono::milliseconds> age;  ///< nothing: not known
    std::int64_t number{};                         ///< in the meter's log
    std::string text;

    friend auto operator==(const Event&, const Event&) -> bool = default;
  };

  /// The settings are borrowed for the time of the call. `memory`: of an earlier run; where there
  /// was none, or it is of a device with another serial number, all that the log holds is new.
  EventLogWatch(const MeterSettings& meter, const BusSettings& bus, std::string_view memory = {});

  /// After the start, after an outage and once a minute.
  [[nodiscard]] auto is_due(reading::Instant now) const -> bool;
  /// What is asked for when it is due: how far the log is. Stays where it is.
  [[nodiscard]] auto requests() const noexcept -> const std::vector<Request>& { return requests_; }
  /// The meter was away.
  void was_away() noexcept {
    due_ = {};
    refuses_ = false;
  }
  /// What a poll gave: if it shows that there is more in the log, that is due ten seconds after the
  /// last look, unless the device refuses to show it.
  void hear(std::span<const model::Decoded> points);
  /// It was asked and gave nothing: later again, much later if it refused.
  void gave_nothing(bool refused, reading::Instant now);
  /// Another device answers.
  void forget() noexcept { last_.reset(); }

  /// What came of requests(). Returns the entries that are to be read, in their order, in requests
  /// that no point belongs to.
  [[nodiscard]] auto look_at(std::span<const model::Decoded> points, reading::Instant now)
      -> std::vector<Request>;
  /// The answer to the next one of these.
  void take(std::span<const std::uint16_t> words);
  /// All of them were answered: what is new, the oldest first. Ages are those at the time of the
  /// look. Without this call the same is new the next time.
  [[nodiscard]] auto finish() -> std::vector<Event>;

  /// For a later run; empty until something is known.
  [[nodiscard]] auto memory() const -> std::string;

 private:
  /// How far a log was read: after an interruption the device may give a number again that it could
  /// not save, so the boot counts as well.
  struct Place {
    std::uint32_t next{};
    std::uint32_t boots{};
    friend auto operator==(const Place&, const Place&) -> bool = default;
  };
  /// It goes on where it was.
  [[nodiscard]] auto continues() const noexcept -> bool;
  [[nodiscard]] auto is_new(const model::LoggedEvent& event) const -> bool;

  std::shared_ptr<const model::Model> model_;
  std::string serial_;  ///< as configured
  std::vector<Request> requests_;
  std::optional<Place> last_;  ///< all before it has been taken
  Place shown_;                ///< at the look
  std::chrono::seconds uptime_{};
  std::uint32_t expected_{};  ///< the number of the next entry
  std::uint32_t missing_{};   ///< entries that something else stood in the place of
  std::vector<Event> new_;
  reading::Instant due_;
  reading::Instant looked_;
  bool refuses_{};
};

}  // namespace bornier::app
