// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/event_log_watch.hpp"
#include "batch/catalog.hpp"
#include "buffer/memo.hpp"
#include "buffer/pending.hpp"
#include "model/decode.hpp"
#include "model/encode.hpp"
#include "reading/entries.hpp"
#include "reading/pulse_index.hpp"
#include "reading/time.hpp"

namespace bornier::app {

/// What a point showed last, for `status`.
struct PointView {
  reading::PointNumber number;
  reading::Acquisition state{};
  std::uint8_t exception_code{};
  reading::Stamp since;                    ///< of the state
  std::optional<reading::Stamp> time;      ///< of the last reading
  std::optional<reading::Stamp> own_time;  ///< the same, where the meter stated it
  model::PointValue value;                 ///< of the last reading
};

/// A meter whose pulses a point of another one counts, and what they are worth in a span of time.
struct PulseLink {
  std::size_t meter{};  ///< its number in the collector; it has one point
  std::size_t count{};  ///< index of the point of the other one's model
  reading::PulseRule rule;
  reading::Stamp from;                  ///< a count that is older gives no index
  std::optional<reading::Stamp> until;  ///< nor does one of this time or later
  bool always{};  ///< the pulses are worth the same at any time: it need not be known
};

/// What a meter showed last.
struct MeterView {
  reading::MeterNumber number;
  reading::Acquisition state{};
  reading::Stamp since;
  std::optional<reading::Stamp> answered;  ///< last time that it answered anything
  std::string serial;                      ///< the device's own; empty until it is known
  bool exchanged{};                        ///< it is not the configured device's
  std::vector<std::size_t> points;         ///< indexes of the model's points that are read
  std::vector<PointView> views;            ///< parallel to points
  std::vector<PulseLink> pulses;           ///< those whose pulses it counts
};

/// Turns what buses report into entries of the stream: readings as they come, states only when they
/// change. Knows no clock: `at` says when something happened, in both times.
class Collector {
 public:
  /// `trusted`: whether UTC is to be believed; otherwise entries carry milliseconds since boot.
  struct Moment {
    reading::Now now;
    bool trusted{};
  };

  /// `pending` is borrowed. `wake` is called whenever something waits that did not
  /// before, and when it begins to fill.
  Collector(buffer::Pending& pending, std::function<void()> wake)
      : pending_{pending}, wake_{std::move(wake)} {}

  /// Indexes into the model's points, ascending, each with its number in the catalog.
  using Points = std::vector<std::pair<std::size_t, reading::PointNumber>>;

  /// Returns by what number the meter is told from others here: from 0, as they are added; none is
  /// used again.
  auto add_meter(reading::MeterNumber number, const Points& points) -> std::size_t;
  /// The same points of the same meter; its catalog may have other numbers for them now. States of
  /// what has a new one are written again.
  void renumber(std::size_t meter, reading::MeterNumber number, const Points& points);
  /// Nothing is reported of it any more.
  void remove_meter(std::size_t meter) { meters_.erase(meter); }

  /// From now on what `device` counts gives readings of these meters too, and its states are
  /// theirs. Replaces what was said before of it.
  void count_pulses(std::size_t device, std::vector<PulseLink> pulses, const Moment& at);
  /// No device counts for any meter.
  void forget_pulses();

  /// One answer: values become readings, reasons become states. `memos` are to be on disk with
  /// them.
  void answered(std::size_t meter, std::span<const model::Decoded> points, const Moment& at,
                std::vector<buffer::Memo> memos = {});
  /// One sample of what a meter sent of its own accord.
  struct Sent {
    std::span<const model::Decoded> points;
    std::optional<reading::Stamp> time;    ///< the meter's own; nothing: that of its arrival
    std::optional<reading::Number> extra;  ///< what the gateway adds to the answer
  };
  /// A message with its samples; `memos` are to be on disk with them.
  void sent(std::size_t meter, std::span<const Sent> samples, std::vector<buffer::Memo> memos,
            const Moment& at);
  /// It is to be on disk, by itself.
  void remember(buffer::Memo memo, const Moment& at);
  /// What the gateway knows by itself.
  void measured(std::vector<reading::Number> numbers, const Moment& at);
  /// The meter is there, but gives nothing for these points (indexes of the model's points): it
  /// refused them with an exception, or keeps silent on them alone.
  void points_are(std::size_t meter, std::span<const std::size_t> points,
                  reading::Acquisition state, std::uint8_t exception_code, const Moment& at);
  /// The whole meter is in another state: no_response, bus_down.
  void meter_is(std::size_t meter, reading::Acquisition state, const Moment& at);
  /// The device that answers says who it is.
  void device_is(std::size_t meter, std::string serial, bool exchanged) {
    meters_.at(meter).serial = std::move(serial);
    meters_.at(meter).exchanged = exchanged;
  }
  void event(reading::EventKind kind, std::optional<std::size_t> meter, std::int64_t number,
             std::string text, const Moment& at);
  /// What the meter's own log says, each so long before `at`, or at an unknown time: then at `at`.
  void logged(std::size_t meter, std::span<const EventLogWatch::Event> events, buffer::Memo memo,
              const Moment& at);

  [[nodiscard]] auto meter(std::size_t meter) const -> const MeterView& {
    return meters_.at(meter);
  }
  [[nodiscard]] auto meters() const noexcept -> const std::map<std::size_t, MeterView>& {
    return meters_;
  }
  [[nodiscard]] auto readings_taken() const noexcept -> std::uint64_t { return taken_; }

 private:
  void set_point(MeterView& meter, std::size_t place, reading::Acquisition state,
                 std::uint8_t exception_code, const Moment& at, reading::Entries& entries);
  /// Likewise the meters whose pulses it counts.
  void set_meter(MeterView& meter, reading::Acquisition state, const Moment& at,
                 reading::Entries& entries);
  /// The meters whose pulses this point counts are in the state that it is in.
  void set_pulses(const MeterView& device, std::size_t count, reading::Acquisition state,
                  std::uint8_t exception_code, const Moment& at, reading::Entries& entries);
  /// Indexes that a count gives go into its `answer`. `own`: the time that the device states.
  void derive(const MeterView& device, const model::Decoded& count,
              std::optional<reading::Stamp> own, bool is_newest, const Moment& at,
              reading::Answer& answer, reading::Entries& entries);
  void keep(reading::Entries entries, const Moment& at, std::vector<buffer::Memo> memos = {});
  /// The values among the points go into `answer`, their states into `entries`. `own`: the time
  /// that the meter states.
  void take(MeterView& view, std::span<const model::Decoded> points,
            std::optional<reading::Stamp> own, const Moment& at, reading::Answer& answer,
            reading::Entries& entries);
  void repeat_states(const Moment& at, reading::Entries& entries) const;

  buffer::Pending& pending_;
  std::function<void()> wake_;
  std::map<std::size_t, MeterView> meters_;
  std::size_t added_{};
  std::uint64_t taken_{};
  bool states_lost_{};  ///< memory was full when a state changed: all are written again
};

}  // namespace bornier::app
