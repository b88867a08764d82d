// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/database.hpp"
#include "platform/digest.hpp"
#include "platform/gateways.hpp"
#include "platform/numbering.hpp"

namespace bornier::platform {

struct ReceiverLimits {
  std::size_t message_bytes = std::size_t{4} << 20U;  ///< but a catalog: batch::max_catalog_bytes
  std::size_t queue_bytes = std::size_t{64} << 20U;   ///< waiting for a commit
  std::size_t parked_bytes = std::size_t{16} << 20U;  ///< waiting for a catalog
  std::chrono::seconds parked_for = std::chrono::minutes{10};
  std::chrono::seconds ask_catalog_every = std::chrono::seconds{30};
  std::chrono::milliseconds collect = std::chrono::milliseconds{100};
  std::size_t arrivals_per_commit = 256;
  std::size_t bytes_per_commit = std::size_t{8} << 20U;  ///< decoded
  std::chrono::seconds first_retry = std::chrono::seconds{1};
  std::chrono::seconds longest_retry = std::chrono::seconds{60};
  std::chrono::seconds look_every = std::chrono::seconds{5};  ///< for what is missing
  std::size_t commands_per_look = 20;
  std::size_t rereads_per_look = 200;
  std::size_t rereads_per_commit = 10;    ///< while there is always a commit due
  std::size_t streams_per_gateway = 8;    ///< in memory; the one heard of longest ago leaves
  std::size_t gateways = Gateways::most;  ///< in memory, besides those known at the start; likewise
  std::uint64_t first_command = 1;        ///< replies go to all receivers: theirs differ
  AskLimits ask;
  std::chrono::seconds silent_after = std::chrono::seconds{150};
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

struct GatewayReport {
  std::string city;
  std::string gateway;
  GatewayFigures figures;
  std::uint64_t missing{};  ///< numbers of its stream, for a minute or longer
  std::optional<batch::Sequence> oldest_missing;
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
/// Read what the database has of a stream by now, from a number on, and report with reread() or
/// not_reread().
struct Reread {
  StreamName stream;
  batch::Sequence from;
};
/// Nothing to do until then, a message, or the database's answer.
struct Wait {
  reading::Instant until;
};
using Step = std::variant<Commit, Publish, Tell, Reread, Wait>;

/// What the platform does with what gateways send: decodes, parks what is ahead of its catalog,
/// puts aside what cannot be read, collects arrivals into commits, confirms what is committed and
/// asks for what is missing. A batch is confirmed only after committed() has said so.
///
/// A machine: feed it, then step() until it waits.
class Receiver {
 public:
  Receiver(const ReceiverLimits& limits, const std::vector<KnownStream>& known);

  void receive(Message message, reading::Now now);
  /// The connection to the broker: while it is gone no gateway is taken for silent.
  void broker_lost() { gateways_.broker_lost(); }
  void broker_found(reading::Instant now) { gateways_.broker_found(now); }
  [[nodiscard]] auto step(reading::Now now) -> Step;
  /// The answer to the last Commit, one verdict for each arrival.
  void committed(std::span<const Verdict> verdicts);
  void failed(const Failure& failure, reading::Now now);
  /// The answer to a Reread: what is missing still is asked for.
  void reread(const KnownStream& known, reading::Instant now);
  /// The database could not be read: left alone until a commit works, or for a pause that doubles.
  void not_reread(const StreamName& name, reading::Instant now);

  /// From now on nothing is collected any longer: of what waits one more commit is made at once,
  /// what is left and what comes is dropped, and not confirmed.
  void drain();
  /// Nothing waits for a commit or for being published.
  [[nodiscard]] auto idle() const -> bool;

  [[nodiscard]] auto counters() const -> const Counters& { return counters_; }
  /// Each gateway that it knows of.
  [[nodiscard]] auto report() const -> std::vector<GatewayReport>;

 private:
  /// What an arrival takes in memory.
  struct Size {
    std::size_t waiting{};
    std::size_t decoded{};
  };
  /// The entries of a batch that waits are left in its payload, where they take a thirtieth: after
  /// an outage each gateway of a city sends several at once, and what is dropped costs its link
  /// a second time.
  struct Waiting {
    Arrival arrival;
    Digest digest{};  ///< of a batch; otherwise zeros
    Size size;
  };
  struct Parked {
    BatchArrival arrival;
    Digest digest{};
    Size size;
    reading::Instant until;
  };
  struct StreamState {
    explicit StreamState(Numbering empty) : numbering{std::move(empty)} {}

    batch::Revision catalog;            ///< newest one received
    std::optional<Digest> judged;       ///< of the catalog that went to the database last
    batch::Revision committed_catalog;  ///< newest one in the database
    std::deque<Parked> parked;
    std::optional<reading::Instant> ask_catalog_at;
    std::uint64_t resend_command{};  ///< the last one that asked for numbers; 0: none
    std::uint64_t heard{};           ///< grows with each time that a stream is heard of
    bool read{};  ///< what the database had of it when it was first heard of is known
    bool rereading{};
    Numbering numbering;
  };
  using Confirmations = std::map<StreamName, batch::Confirmation>;

  void receive_batch(Message message, const batch::Topic& topic, reading::Now now);
  void receive_catalog(Message message, const batch::Topic& topic, reading::Now now);
  void receive_status(Message message, const batch::Topic& topic, reading::Now now);
  void receive_reply(Message message, const batch::Topic& topic, reading::Now now);
  void quarantine(Message message, std::string reason, reading::Now now);
  void drop(const std::string& topic, std::string_view why);
  void park(StreamState& stream, BatchArrival arrival, const Digest& digest, Size size,
            reading::Instant now);
  void unpark(StreamState& stream, reading::Instant now);
  void queue(Arrival arrival, Size size, reading::Instant now, const Digest& digest = {});
  /// Makes room for one that is new.
  [[nodiscard]] auto hear_of(const StreamName& key) -> StreamState&;
  [[nodiscard]] auto find(const StreamName& key) -> StreamState*;
  void forget_a_stream_of(const std::string& city, const std::string& gateway);
  void hear_of(const Gateways::Name& gateway);
  void forget(const Gateways::Name& gateway);
  void forget_parked(const StreamName& key, const StreamState& stream, std::string_view why);
  [[nodiscard]] auto commit_at(reading::Instant now) const -> std::optional<reading::Instant>;
  void keep_one_commit();
  [[nodiscard]] auto start_commit(reading::Instant now) -> Commit;
  void account(const BatchArrival& arrival, Verdict verdict, Confirmations& confirmations);
  void account(const CatalogArrival& arrival, Verdict verdict);
  void confirm(Confirmations& confirmations);
  void look_for_missing(reading::Instant now);
  void look_for_silent(reading::Instant now);
  void request_reread(const StreamName& key, StreamState& stream, batch::Sequence from);
  void reread_if_due(const StreamName& key, StreamState& stream, reading::Instant now);
  void forget_rereads();
  void rereads_work();
  static void take_in(const KnownStream& known, StreamState& stream);
  void ask(const StreamName& key, StreamState& stream, reading::Instant now);
  void tell(Tell::Level level, std::string subject, std::string text);

  ReceiverLimits limits_;
  std::map<StreamName, StreamState> streams_;
  /// City and gateway -> the stream that it spoke of last: only there missing numbers are asked
  /// for.
  std::map<std::pair<std::string, std::string>, batch::StreamId> current_;
  std::size_t parked_bytes_{};
  std::map<Gateways::Name, std::uint64_t> heard_;    ///< when last, by hearings_
  std::map<std::uint64_t, Gateways::Name> by_time_;  ///< its inverse
  std::size_t most_gateways_{};

  std::deque<Waiting> waiting_;
  Size waiting_size_;
  reading::Instant waiting_since_{};
  std::set<Digest> held_;  ///< of batches that are parked, wait or are being committed
  std::vector<Arrival> committing_;
  std::vector<Digest> committing_digests_;  ///< parallel to committing_
  std::size_t committing_bytes_{};          ///< decoded
  bool commit_running_{};
  std::optional<reading::Instant> retry_at_;  ///< the last commit failed
  std::chrono::seconds retry_pause_{};
  bool draining_{};

  std::deque<Publish> outbox_;
  std::deque<Tell> news_;
  std::deque<Reread> rereads_;
  std::size_t rereads_before_commit_{};
  std::optional<reading::Instant> reread_again_at_;  ///< the last one failed
  std::chrono::seconds reread_pause_{};
  std::optional<reading::Instant> look_at_;
  std::uint64_t next_command_;
  std::size_t commands_left_{};  ///< until the next look
  std::uint64_t hearings_{};
  Counters counters_;
  Gateways gateways_;
};

}  // namespace bornier::platform
