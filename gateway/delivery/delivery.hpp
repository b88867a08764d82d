// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "batch/batch.hpp"
#include "delivery/ledger.hpp"
#include "reading/time.hpp"

/// What to send next, what is confirmed, when to try again: contract.md's "Identity, confirmation,
/// back-pressure" as a machine. It knows numbers and sizes of batches, never their bytes.
namespace bornier::delivery {

/// Who vouches for a batch: the platform once its database has committed, or the broker's PUBACK.
enum class ConfirmedBy : std::uint8_t { platform, broker };

struct Settings {
  using Duration = reading::Instant::duration;

  ConfirmedBy confirmed_by = ConfirmedBy::platform;
  std::uint32_t window_batches = 16;         ///< sent and unconfirmed at most; >= 1
  std::uint64_t window_bytes = 1024 * 1024;  ///< likewise; a larger batch travels alone
  std::uint32_t aside_batches = 1024;        ///< set aside at most, beyond the window
  std::uint64_t backlog_rate = 50'000;       ///< bytes a second, >= 1; live batches use it up first
  Duration batch_every = std::chrono::seconds{60};  ///< a batch is fresh for twice as long
  Duration first_repeat = std::chrono::seconds{30};
  Duration longest_repeat = std::chrono::minutes{15};
  Duration first_reconnect = std::chrono::seconds{1};
  Duration longest_reconnect = std::chrono::seconds{60};
};

/// What a batch on disk is to delivery.
struct Held {
  batch::Sequence sequence;
  std::uint32_t bytes{};  ///< of the payload
  reading::Stamp sealed_at;
};

/// Open the connection to the broker; `connected` or `disconnected` has to follow.
struct Connect {};

enum class Lane : std::uint8_t { batch, backlog };  ///< the topic's kind

/// Publish this batch with QoS 1. Its PUBACK, if one comes, goes to `acknowledged`.
struct Publish {
  batch::StreamId stream;
  batch::Sequence sequence;
  Lane lane{};
  bool repeat{};  ///< it has been published before by this process
};

/// These batches are no longer delivery's concern: the buffer may free them. Ascending.
struct Confirmed {
  batch::StreamId stream;
  std::vector<batch::SequenceRange> ranges;
};

/// Nothing to do before `until`, which is later than the `now` given, unless something comes in.
struct WaitUntil {
  reading::Instant until;
};

using Step = std::variant<Connect, Publish, Confirmed, WaitUntil>;

enum class Link : std::uint8_t { disconnected, connecting, connected };

/// For `status`, /metrics and the retained Status.
struct Figures {
  Link link{};
  std::uint64_t unconfirmed_batches{};
  std::uint64_t unconfirmed_bytes{};
  std::uint32_t in_flight_batches{};  ///< sent by this process, unconfirmed, not set aside
  std::uint64_t in_flight_bytes{};
  std::uint32_t aside_batches{};  ///< never confirmed however often sent: see Delivery
  std::optional<batch::Sequence> oldest_unconfirmed;
  bool silent{};  ///< confirmations stay away: only one batch at a time is repeated
  std::optional<reading::Instant> next_attempt;  ///< to connect, or to repeat while silent
  std::uint64_t published{};                     ///< since the start, repeats included
  std::uint64_t repeated{};
  std::uint64_t refused{};        ///< PUBACKs with a reason code other than 0
  std::uint8_t refusal_reason{};  ///< of the last of them (MQTT 5, section 3.4.2.1); 0 if none
};

/// Inputs record what happened; `step` decides. Call `step` after every input, and again after
/// every action until it says WaitUntil. An action counts as done when it is returned.
///
/// A batch that nobody confirms although others are (the platform cannot read it, say) is set aside
/// after a few repetitions, so that it does not keep its place in the window: still unconfirmed,
/// still repeated, each at `longest_repeat` and one of them in `first_repeat`. What was sent and is
/// unconfirmed is thus bounded by window_batches + aside_batches.
///
/// Costs O(log n) a step and a confirmation, n being the batches that wait (24 bytes each, plus a
/// third at most), and O(window + set aside); `load` and `resend` are O(n).
class Delivery {
 public:
  /// The first connection is attempted at once.
  Delivery(Settings settings, batch::StreamId stream);

  /// The unconfirmed batches found on disk at the start, ascending. Once, before any `sealed`.
  void load(std::span<const Held> unconfirmed, reading::Now now);
  /// A batch was sealed (and synced). Its number is higher than all before.
  void sealed(batch::Sequence sequence, std::uint32_t bytes, reading::Now now);
  /// The platform lacks these (ascending; the buffer still has them). What is in flight is sent
  /// again, what was confirmed before is unconfirmed again; what is set aside keeps its turn.
  void resend(std::span<const Held> missing, reading::Now now);
  /// Other bytes stand under this number now: a tombstone took it.
  void replaced(batch::Sequence sequence, std::uint32_t bytes);
  /// A new stream was opened; nothing of the old one is delivered under its number any more.
  void stream_changed(batch::StreamId stream);

  void connected(reading::Now now);
  void disconnected(reading::Now now);
  /// The PUBACK of a published batch; `reason_code` 0 with MQTT 3.1.1. Any other than 0 confirms
  /// nothing, also below 0x80.
  void acknowledged(batch::StreamId stream, batch::Sequence sequence, std::uint8_t reason_code);
  /// The batch is no longer on disk, for whatever reason. Nobody has vouched for it: it is
  /// forgotten without a Confirmed, and a silence goes on.
  void gone(batch::StreamId stream, batch::Sequence sequence);
  /// The platform has stored these, whatever their number; unknown ones are ignored.
  void confirmed(batch::StreamId stream, std::span<const batch::SequenceRange> ranges);

  /// `random` is any 64 evenly distributed bits, new for each call: jitter.
  [[nodiscard]] auto step(reading::Now now, std::uint64_t random) -> Step;

  [[nodiscard]] auto figures() const -> Figures;
  /// Batches that wait and were not sent yet, as ranges for the header of the next batch. At most
  /// `limit` (>= 1) ranges: the last one then spans what is left, holes included.
  [[nodiscard]] auto not_yet_sent(std::size_t limit) const -> std::vector<batch::SequenceRange>;

 private:
  using Instant = reading::Instant;

  /// Sent and unconfirmed. At most window_batches of them, ascending by sequence.
  struct Flight {
    batch::Sequence sequence;
    std::uint32_t bytes{};
    std::uint8_t repeats{};    ///< on one connection or many, reconnections not counted
    std::uint8_t overtaken{};  ///< those of them that fell in no silence: others were confirmed
    bool again{};              ///< to be sent without waiting for `due`
    Instant sealed;
    Instant sent;  ///< last
    Instant due;   ///< when it is repeated although others are confirmed
  };

  /// Left the window unconfirmed.
  struct Aside {
    batch::Sequence sequence;
    std::uint32_t bytes{};
    Instant sealed;
    Instant sent;  ///< last
    Instant due;
  };

  [[nodiscard]] auto step_disconnected(Instant now, std::uint64_t random) -> Step;
  [[nodiscard]] auto step_silent(Instant now, std::uint64_t random) -> Step;
  [[nodiscard]] auto step_flowing(Instant now, std::uint64_t random) -> Step;
  [[nodiscard]] auto send_wanted(Lane lane, Instant now, std::uint64_t random)
      -> std::optional<Step>;
  void end_silence(Instant now, std::uint64_t random);
  [[nodiscard]] auto send_new(const Waiting& waiting, Lane lane, Instant now, std::uint64_t random)
      -> Step;
  [[nodiscard]] auto send_again(Flight& flight, Instant now, std::uint64_t random) -> Step;
  [[nodiscard]] auto send_aside(Instant now, std::uint64_t random) -> Step;
  [[nodiscard]] auto aside_due() const -> std::optional<Instant>;
  void set_aside(batch::Sequence sequence, Instant due);
  [[nodiscard]] auto lane_of(Instant sealed, Instant now) const -> Lane;
  [[nodiscard]] auto live_since(Instant now) const -> Instant;
  [[nodiscard]] auto has_room_for(std::uint32_t bytes) const -> bool;
  void charge(std::uint32_t bytes, Lane lane, Instant now);
  void confirm(batch::SequenceRange range);
  void leave_window(batch::SequenceRange range);
  /// How many of the range were set aside.
  auto leave_aside(batch::SequenceRange range) -> std::size_t;

  Settings settings_;
  batch::StreamId stream_;
  Ledger ledger_;
  std::vector<Flight> flights_;
  std::uint64_t flight_bytes_ = 0;
  std::deque<Aside> aside_;  ///< in the order of their turns
  Instant aside_open_at_;    ///< none of them is sent before
  std::vector<batch::Sequence> newly_confirmed_;

  Link link_ = Link::disconnected;
  std::optional<Instant> retry_at_;  ///< nothing: to be drawn by the next step
  std::uint32_t failed_attempts_ = 0;
  Instant connected_at_;
  bool heard_since_connected_ = false;

  bool heard_ = false;                  ///< a confirmation came since the last step
  std::optional<Instant> silent_from_;  ///< no confirmation until then: silence
  bool silent_ = false;
  std::uint32_t silent_repeats_ = 0;
  Instant repeat_at_;
  Instant backlog_open_at_;  ///< the backlog's share of backlog_rate is used up until then

  std::uint64_t published_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t refused_ = 0;
  std::uint8_t refusal_reason_ = 0;
};

}  // namespace bornier::delivery
