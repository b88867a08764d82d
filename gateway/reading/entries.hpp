// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reading/acquisition.hpp"
#include "reading/decimal.hpp"
#include "reading/quality.hpp"
#include "reading/time.hpp"
#include "wire/tagged.hpp"

/// What the stream of a gateway consists of: answers (the readings), changes of state, events and
/// gaps.
namespace bornier::reading {

/// Numbers of the catalog; never reused within a stream. 0 is no point and no meter.
using PointNumber = wire::Tagged<struct PointNumberTag, std::uint32_t>;
using MeterNumber = wire::Tagged<struct MeterNumberTag, std::uint32_t>;

struct Number {
  PointNumber point;
  Quality quality;
  Decimal value;
  friend auto operator==(const Number&, const Number&) -> bool = default;
};

struct Text {
  PointNumber point;
  Quality quality;
  std::string value;  ///< UTF-8
  friend auto operator==(const Text&, const Text&) -> bool = default;
};

/// Everything that was read in one request: all points share one time, that of the last byte of the
/// answer. A code of a code list is a Number with exponent 0; its label stands in the catalog.
struct Answer {
  Stamp time;
  std::vector<Number> numbers;
  std::vector<Text> texts;
  friend auto operator==(const Answer&, const Answer&) -> bool = default;
};

/// From `time` on, acquisition of a whole meter (point absent) or of one point is in `state`.
struct StateChange {
  Stamp time;
  MeterNumber meter;
  std::optional<PointNumber> point;
  Acquisition state{};
  std::uint8_t exception_code{};  ///< Modbus exception code when state is `exception`, else 0
  friend auto operator==(const StateChange&, const StateChange&) -> bool = default;
};

/// The numbers go on the wire: append, never renumber.
enum class EventKind : std::uint8_t {
  gateway_started = 1,       ///< text: version
  configuration_loaded = 2,  ///< text: digest of the configuration
  clock_step = 3,            ///< number: milliseconds that the clock moved, forward positive
  clock_trusted = 4,         ///< the clock became trustworthy
  stream_opened = 5,         ///< text: why a new stream began
  buffer_damaged = 6,        ///< text: where the damaged file was set aside
  meter_exchanged = 7,       ///< text: serial numbers, old and new
  meter_restarted = 8,       ///< a counter fell
  register_written =
      9,  ///< text: which register, old and new value, how it ended; number: 1 if well
  messages_lost =
      10,            ///< a broker brought them and they were not taken; number: how many; text: why
  meter_event = 11,  ///< of the log that a meter keeps itself; number: its number there; text: what
};

struct Event {
  Stamp time;
  EventKind kind{};
  std::optional<MeterNumber> meter;
  std::int64_t number{};
  std::string text;
  friend auto operator==(const Event&, const Event&) -> bool = default;
};

/// The numbers go on the wire: append, never renumber.
enum class GapReason : std::uint8_t {
  evicted_bytes = 1,  ///< buffer.max_bytes was reached
  evicted_age = 2,    ///< older than buffer.max_age
  memory_full = 3,    ///< the disk did not keep up and buffer.memory was used up
  disk_full = 4,
  damaged = 5,  ///< bytes on disk could not be read back
};

/// Readings known to be lost, said out loud.
struct Gap {
  Stamp first;  ///< of the lost readings; equal to last if only one time is known
  Stamp last;
  std::uint64_t readings{};         ///< 0: not known how many
  std::vector<PointNumber> points;  ///< empty: not known which
  GapReason reason{};
  friend auto operator==(const Gap&, const Gap&) -> bool = default;
};

struct Entries {
  std::vector<Answer> answers;
  std::vector<StateChange> states;
  std::vector<Event> events;
  std::vector<Gap> gaps;
  friend auto operator==(const Entries&, const Entries&) -> bool = default;

  [[nodiscard]] auto empty() const noexcept -> bool {
    return answers.empty() && states.empty() && events.empty() && gaps.empty();
  }
};

void append(Entries from, Entries& to);

/// Numbers and texts; states, events and gaps are not readings.
[[nodiscard]] auto count_readings(const Entries& entries) noexcept -> std::uint64_t;

}  // namespace bornier::reading
