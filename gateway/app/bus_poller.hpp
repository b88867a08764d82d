// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "app/collector.hpp"
#include "app/command_lane.hpp"
#include "app/counter_watch.hpp"
#include "app/event_log_watch.hpp"
#include "app/meter_learning.hpp"
#include "app/meter_reader.hpp"
#include "app/poll_answers.hpp"
#include "app/serial_watch.hpp"
#include "app/trusted_clock.hpp"
#include "app/wakeup.hpp"
#include "modbus/schedule.hpp"

namespace bornier::app {

/// What is remembered of the log of a meter.
[[nodiscard]] auto event_log_key(const MeterSettings& meter) -> std::string;

/// Carries out what the schedule of one bus decides.
class BusPoller {
 public:
  /// One meter of this bus, by its number in the collector.
  struct Meter {
    std::size_t number{};
    std::shared_ptr<const MeterSettings> settings;
    modbus::Refusals known_refusals{};  ///< of an earlier run
    /// By poll of the settings, the first mark that a poller before this one has left. Empty: what
    /// has a mark is read at once.
    std::vector<std::optional<reading::Stamp>> first_marks{};
    std::optional<SerialWatch> serial_watch{};  ///< of a poller before this one
    std::optional<EventLogWatch> event_log{};   ///< likewise
    SettingsShown shown{};                      ///< likewise
    std::optional<CounterWatch> counters{};     ///< likewise, or of an earlier run
  };

  /// Clock and collector are borrowed.
  BusPoller(const boost::asio::any_io_executor& executor, const BusSettings& settings,
            std::vector<Meter> meters, std::unique_ptr<io::Line> line, const TrustedClock& clock,
            Collector& collector);

  /// Returns after `stop`, once the poll under way has ended.
  [[nodiscard]] auto poll_until_stopped() -> boost::asio::awaitable<void>;

  /// Orders that wait are refused with `why`, and so is what comes later.
  void stop(CommandLane::End why = CommandLane::End::stopping);
  [[nodiscard]] auto has_ended() const noexcept -> bool { return ended_; }

  /// What people ask of this bus; served while it is polled.
  [[nodiscard]] auto lane() noexcept -> CommandLane& { return lane_; }
  [[nodiscard]] auto reader() const noexcept -> const MeterReader& { return reader_; }
  [[nodiscard]] auto schedule() const noexcept -> const modbus::Schedule& { return schedule_; }
  [[nodiscard]] auto meters() const noexcept -> const std::vector<Meter>& { return meters_; }
  /// The share of time that polls take, in thousandths, of late.
  [[nodiscard]] auto occupancy_permille() const -> std::uint32_t;
  /// What is known of the refusals of a meter, by its place in meters().
  [[nodiscard]] auto refusals(std::size_t meter) const -> const modbus::Refusals& {
    return learnings_[meter].known();
  }
  [[nodiscard]] auto learning(std::size_t meter) const -> const MeterLearning& {
    return learnings_[meter];
  }
  /// By poll of the meter's settings: the first mark without its reading. For the poller after this
  /// one, once this has ended.
  [[nodiscard]] auto first_open_marks(std::size_t meter) const
      -> std::vector<std::optional<reading::Stamp>>;
  /// These likewise.
  [[nodiscard]] auto serial_watch(std::size_t meter) const -> const SerialWatch& {
    return serials_[meter];
  }
  [[nodiscard]] auto event_log(std::size_t meter) const -> const EventLogWatch& {
    return event_logs_[meter];
  }
  [[nodiscard]] auto shown(std::size_t meter) const -> const SettingsShown& {
    return shown_[meter];
  }
  [[nodiscard]] auto counters(std::size_t meter) const -> const CounterWatch& {
    return counters_[meter];
  }
  [[nodiscard]] auto release_line() noexcept -> std::unique_ptr<io::Line> {
    return reader_.release_line();
  }
  /// `before` has ended at the same place.
  void continue_from(const BusPoller& before) { reader_.continue_from(before.reader_); }
  /// Whether a meter's refusals have changed since the last call.
  [[nodiscard]] auto take_news() noexcept -> bool { return std::exchange(news_, false); }

 private:
  /// Some meters show at a read what they measured after the one before: they are read twice, and
  /// only the second read is a sample of its time.
  enum class Purpose : std::uint8_t { refresh, sample };
  struct SecondRead {
    reading::Instant at;
    modbus::Poll poll;
  };

  [[nodiscard]] auto connect() -> boost::asio::awaitable<bool>;
  /// Polls, if that is due; otherwise tells until when nothing is.
  [[nodiscard]] auto take_due() -> boost::asio::awaitable<std::optional<reading::Instant>>;
  /// Polls, or sleeps until that is due.
  [[nodiscard]] auto take_turn() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto poll(modbus::Poll poll) -> boost::asio::awaitable<void>;
  /// In the middle of a long poll: for what has an earlier deadline.
  [[nodiscard]] auto make_way() -> boost::asio::awaitable<void>;
  [[nodiscard]] auto carry_out(modbus::Poll poll, Purpose purpose)
      -> boost::asio::awaitable<modbus::Outcome>;
  [[nodiscard]] auto requests_of(const modbus::Poll& poll) -> const std::vector<Request>&;
  [[nodiscard]] auto points_of(const modbus::Poll& poll) const -> std::vector<std::size_t>;
  [[nodiscard]] auto plan(std::size_t meter, const std::vector<std::size_t>& points) const
      -> std::vector<Request>;
  /// Finds out what the meter refuses, some requests a poll, and reads what was not `delivered`
  /// because of it.
  [[nodiscard]] auto learn(const modbus::Poll& poll, MeterReader::Effort effort,
                           std::vector<std::size_t> missing) -> boost::asio::awaitable<void>;
  void forget_plans(std::size_t meter);
  [[nodiscard]] auto take_second_read() -> std::optional<modbus::Poll>;
  void deliver(std::size_t index, const Gathered& one, PollAnswers& answers);
  /// Which device it is that answers, where that is due.
  [[nodiscard]] auto ask_serial(std::size_t index) -> boost::asio::awaitable<void>;
  void look_at_serial(std::size_t index, const std::vector<model::Decoded>& points,
                      reading::Instant now);
  void say_no_log(std::size_t index, modbus::Outcome outcome);
  /// What is new in its own log, where that is due.
  [[nodiscard]] auto ask_event_log(std::size_t index) -> boost::asio::awaitable<void>;
  /// What is due to be told of them at `now`.
  void say_falls(std::size_t index, reading::Instant now);
  void say_settings(std::size_t index, const std::vector<std::size_t>& news);
  void say_written_list();
  void say_overtaxed();
  void say_lacking(std::size_t meter, const std::vector<std::size_t>& points);
  void say_silence(const modbus::Poll& poll, bool was_silent);
  void say_lost_line(const modbus::Poll& poll);

  std::vector<Meter> meters_;
  std::vector<SerialWatch> serials_;       ///< parallel to meters_
  std::vector<EventLogWatch> event_logs_;  ///< parallel to meters_
  std::vector<SettingsShown> shown_;       ///< parallel to meters_
  std::vector<CounterWatch> counters_;     ///< parallel to meters_
  const TrustedClock& clock_;
  Collector& collector_;
  MeterReader reader_;
  Wakeup sleep_;
  CommandLane lane_;
  modbus::Schedule schedule_;
  std::vector<std::size_t> poll_of_task_;  ///< index into MeterSettings::polls
  std::map<std::vector<std::size_t>, std::vector<Request>>
      plans_;                             ///< by the tasks that are polled together
  std::vector<MeterLearning> learnings_;  ///< parallel to meters_
  bool news_ = false;
  std::vector<SecondRead> second_reads_;
  std::set<std::size_t> told_lacking_;  ///< meters, by their number in the collector
  std::string told_error_;              ///< of the connection: said once
  std::string told_remark_;             ///< of the line, likewise
  reading::Instant begun_;
  modbus::Occupancy occupancy_;
  unsigned under_way_{};                      ///< polls; each interrupts the one before
  std::optional<CommandLane::End> stopping_;  ///< why
  bool ended_ = false;
};

}  // namespace bornier::app
