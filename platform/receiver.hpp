// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "platform/database.hpp"
#include "platform/numbering.hpp"

namespace bornier::platform {

struct ReceiverLimits {
  std::size_t message_bytes = std::size_t{4} << 20U;
  std::size_t queue_bytes = std::size_t{64} << 20U;   ///< decoded and waiting for a commit
  std::size_t parked_bytes = std::size_t{16} << 20U;  ///< waiting for a catalog
  std::chrono::seconds parked_for = std::chrono::minutes{10};
  std::chrono::seconds ask_catalog_every = std::chrono::seconds{30};
  std::chrono::milliseconds collect = std::chrono::milliseconds{100};
  std::size_t arrivals_per_commit = 256;
  std::chrono::seconds first_retry = std::chrono::seconds{1};
  std::chrono::seconds longest_retry = std::chrono::seconds{60};
  AskLimits ask;
};

/// As it came from the broker.
struct Message {
  std::string topic;
  std::vector<std::byte> payload;
  bool retained{};
};

/// Since the start.
struct Counters {
  std::uint64_t batches_stored{};
  std::uint64_t readings_stored{};
  std::uint64_t already_there{};
  std::uint64_t conflicts{};
  std::uint64_t quarantined{};
  std::uint64_t parked{};
  std::uint64_t dropped{};  ///< neither stored nor confirmed: the gateway will repeat them
  std::uint64_t commits{};
  std::uint64_t failed_commits{};
};

/// Hand these to the database and report with committed() or failed(). They stay where they are,
/// untouched, until then.
struct Commit {
  std::span<const Arrival> arrivals;
};
/// Publish with QoS 1, not retained.
struct Publish {
  std::string topic;
  std::vector<std::byte> payload;
};
/// One thing that happened. `subject` says what of: repetitions of one subject are to be counted.
struct Tell {
  enum class Level : std::uint8_t { info, warning, error } level{};
  std::string subject;
  std::string text;
};
/// Nothing to do until then, a message, or the database's answer.
struct Wait {
  std::optional<reading::Instant> until;
};
using Step = std::variant<Commit, Publish, Tell, Wait>;

/// What the platform does with what gateways send: decodes, parks what is ahead of its catalog, puts
/// aside what cannot be read, collects arrivals into commits, confirms what is committed and asks
/// for what is missing. A batch is confirmed only after committed() has said so.
///
/// A machine: feed it, then step() until it waits.
class Receiver {
 public:
  Receiver(const ReceiverLimits& limits, const std::vector<KnownStream>& known);

  void receive(Message message, reading::Now now);
  [[nodiscard]] auto step(reading::Now now) -> Step;
  /// The answer to the last Commit, one verdict for each arrival.
  void committed(std::span<const Verdict> verdicts, reading::Now now);
  void failed(const Failure& failure, reading::Now now);

  /// From now on nothing is collected any longer: what waits is committed at once, what comes is
  /// dropped.
  void drain();
  /// Nothing waits for a commit or for being published.
  [[nodiscard]] auto idle() const -> bool;

  [[nodiscard]] auto counters() const -> const Counters& { return counters_; }

 private:
  struct StreamKey {
    std::string city;
    std::string gateway;
    batch::StreamId stream;
    friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
  };
  struct Parked {
    BatchArrival arrival;
    reading::Instant since;
  };
  struct StreamState {
    explicit StreamState(const AskLimits& limits) : numbering{limits} {}
    batch::Revision catalog;
    std::deque<Parked> parked;
    std::optional<reading::Instant> ask_catalog_at;
    Numbering numbering;
  };
  using Streams = std::map<StreamKey, StreamState>;

  void receive_batch(Message message, const batch::Topic& topic, reading::Now now);
  void receive_catalog(Message message, const batch::Topic& topic, reading::Now now);
  void receive_status(Message message, const batch::Topic& topic, reading::Now now);
  void receive_reply(const Message& message, const batch::Topic& topic);
  void quarantine(Message message, std::string reason, reading::Now now);
  void drop(const Message& message, std::string_view why);
  void park(const StreamKey& key, StreamState& stream, BatchArrival arrival, reading::Now now);
  void unpark(StreamState& stream, reading::Now now);
  void forget_parked(reading::Instant now);
  void queue(Arrival arrival, std::size_t bytes, reading::Now now);
  [[nodiscard]] auto state_of(const StreamKey& key) -> StreamState&;
  [[nodiscard]] auto commit_at(reading::Instant now) const -> std::optional<reading::Instant>;
  [[nodiscard]] auto start_commit() -> Commit;
  void confirm(const std::map<StreamKey, batch::Confirmation>& confirmations);
  void ask(reading::Instant now);
  void tell(Tell::Level level, std::string subject, std::string text);

  struct Waiting {
    Arrival arrival;
    std::size_t bytes;
  };

  ReceiverLimits limits_;
  Streams streams_;
  std::deque<Waiting> waiting_;
  std::size_t queued_bytes_{};  ///< waiting and in the commit
  std::optional<reading::Instant> waiting_since_;
  std::size_t parked_bytes_{};
  std::vector<Arrival> committing_;
  std::size_t committing_bytes_{};
  bool commit_running_{};
  std::optional<reading::Instant> retry_at_;  ///< the last commit failed
  std::chrono::seconds retry_pause_{};
  bool draining_{};
  std::deque<Publish> outbox_;
  std::deque<Tell> news_;
  std::optional<reading::Instant> ask_at_;
  std::uint64_t last_command_{};
  Counters counters_;
};

}  // namespace bornier::platform
