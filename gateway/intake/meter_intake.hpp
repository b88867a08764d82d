// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/read_message.hpp"
#include "intake/recent.hpp"
#include "model/counters.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"

namespace bornier::intake {

/// A meter that speaks MQTT, as its configuration has it.
struct MeterPlan {
  std::shared_ptr<const model::Model> model;
  model::Settings settings;
  std::map<std::string, std::string> captures;   ///< {device} and the like
  std::vector<std::size_t> points;               ///< that are kept, ascending
  std::vector<std::chrono::milliseconds> every;  ///< beside points: at most one sample in each such
                                                 ///< span of the clock; 0: all
};

/// A message that came.
struct Arrival {
  std::string_view topic;
  std::span<const std::byte> payload;
  bool retained{};
  reading::Now now;
  bool clock_trusted{};  ///< otherwise the meter's own times cannot be checked against the clock
  bool is_backlog{};     ///< the broker may have kept it: it may be older than its arrival says
};

/// What a message did.
struct Taken {
  enum class Word : std::uint8_t { none, online, offline };

  bool meant{};  ///< it is one of this meter's messages
  bool heard{};  ///< something new of the meter was in it, whether `every` keeps it or not
  std::vector<Sample> samples;  ///< new ones; their times can be believed
  std::vector<model::Fall> falls;
  Word availability{};
  bool remembers{};           ///< memory() has changed and belongs to the samples
  bool remembers_counters{};  ///< likewise counters(); at most once a minute
};

/// Counts since the start, and what was last wrong.
struct IntakeFigures {
  std::uint64_t messages{};   ///< meant for this meter, retained ones aside
  std::uint64_t elsewhere{};  ///< on its topics, but not meant for it or with nothing of it
  std::uint64_t samples{};    ///< taken
  std::uint64_t repeated{};   ///< samples and messages that had been taken before
  std::uint64_t too_late{};   ///< samples older than all that is remembered: not taken
  std::uint64_t retained{};   ///< messages that are no new samples
  std::uint64_t thinned{};    ///< samples that `every` leaves out
  std::uint64_t broken{};     ///< messages of which nothing could be read
  std::uint64_t unusable_values{};
  std::uint64_t unusable_times{};  ///< texts that are no times, and times that cannot be believed
  std::string problem;             ///< what was wrong last, in one sentence; empty: nothing was
};

/// Takes the messages of one meter: a machine that is stepped with each. Knows no clock.
class MeterIntake {
 public:
  /// What memory() and counters() gave in an earlier run; anything else is nothing.
  MeterIntake(MeterPlan plan, std::string_view memory, std::string_view counters = {});
  /// The topic filters of all its messages, each once.
  [[nodiscard]] auto filters() const -> std::vector<std::string>;

  /// The topic is one of this meter's.
  [[nodiscard]] auto concerns(std::string_view topic) const -> bool;
  [[nodiscard]] auto take(const Arrival& arrival) -> Taken;
  /// All that the broker had kept has come. Where `every` takes one of many and they have no time
  /// of their own, it is the newest.
  [[nodiscard]] auto end_of_backlog(reading::Now now) -> Taken;
  /// What has to be known after a restart: what was taken, and what counters showed.
  [[nodiscard]] auto memory() const -> std::string;
  [[nodiscard]] auto counters() const -> std::string;
  [[nodiscard]] auto figures() const noexcept -> const IntakeFigures& { return figures_; }
  [[nodiscard]] auto plan() const noexcept -> const MeterPlan& { return plan_; }

 private:
  void take_message(std::size_t message, const model::Captures& captures, const Arrival& arrival,
                    Taken& taken);
  static void name_by_itself(const model::Message& message, const Arrival& arrival,
                             Content& content);
  void take_content(const model::Message& message, Content content, const Arrival& arrival,
                    Taken& taken);
  void take_sample(const model::Message& message, Sample sample, const Arrival& arrival,
                   Taken& taken);
  void thin_out(Sample& sample, const Arrival& arrival);
  void watch_counters(Sample& sample, const Arrival& arrival, Taken& taken);
  void hear_availability(std::size_t index, const Arrival& arrival, Taken& taken);
  void note(std::string problem);

  MeterPlan plan_;
  std::vector<model::TopicTemplate> topics_;               ///< beside the model's messages, filled
  std::vector<model::TopicTemplate> availability_topics_;  ///< beside those of the model, filled
  std::vector<bool> offline_;                              ///< beside them: its last word
  Recent recent_;
  model::Counters counters_;
  reading::Instant remember_counters_at_;
  std::vector<std::int64_t> kept_;  ///< beside points: the span of the last sample kept
  std::map<std::size_t, model::Decoded> held_back_;  ///< of a backlog, the newest of each point
  IntakeFigures figures_;
};

}  // namespace bornier::intake
