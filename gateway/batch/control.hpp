// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/batch.hpp"

/// The small messages around the stream: control.proto as plain structs.
namespace bornier::batch {

/// Platform -> gateway, topic `confirm`. Idempotent, never cumulative.
struct Confirmation {
  StreamId stream;
  std::vector<SequenceRange> stored;     ///< committed in the database; the gateway may free them
  std::vector<SequenceRange> conflicts;  ///< the database holds other bytes under these numbers
  friend auto operator==(const Confirmation&, const Confirmation&) -> bool = default;
};

/// Platform -> gateway, topic `command`.
struct Command {
  std::uint64_t id{};  ///< repeated in the Reply
  StreamId stream;
  bool send_catalog{};                ///< publish the catalog again
  std::vector<SequenceRange> resend;  ///< missing at the platform
  friend auto operator==(const Command&, const Command&) -> bool = default;
};

/// Gateway -> platform, topic `reply`.
struct Reply {
  std::uint64_t id{};
  std::string error;  ///< empty: done
  friend auto operator==(const Reply&, const Reply&) -> bool = default;
};

/// What came of the requests to one unit id of a bus, since the program started.
struct UnitStatus {
  std::uint8_t unit_id{};
  std::uint64_t requests{};
  std::uint64_t answers{};
  std::uint64_t timeouts{};
  std::uint64_t damaged{};                           ///< with a wrong checksum, or cut short
  std::uint64_t foreign{};                           ///< frames that answer something else
  std::uint64_t late{};                              ///< came after they were given up
  std::map<std::uint8_t, std::uint64_t> exceptions;  ///< by code
  std::uint32_t latency_50_us{};                     ///< 0: no answer has come
  std::uint32_t latency_99_us{};
  friend auto operator==(const UnitStatus&, const UnitStatus&) -> bool = default;
};

/// One bus of a gateway, since its program started; the occupancy is of the last minute.
struct BusStatus {
  std::string name;
  bool up{};
  std::uint32_t occupancy_permille{};
  std::uint64_t requests{};
  std::uint64_t answers{};
  std::uint64_t exceptions{};
  std::uint64_t timeouts{};
  std::uint64_t damaged{};
  std::uint64_t foreign{};
  std::vector<std::string> hints;  ///< what somebody should look at, a sentence each
  std::vector<UnitStatus> units{};
  friend auto operator==(const BusStatus&, const BusStatus&) -> bool = default;
};
/// More are left out of a status when it is sent, and refused when it is received.
inline constexpr int most_buses = 64;
inline constexpr int most_hints = 8;
inline constexpr int most_units = 256;  ///< of all buses

/// Gateway -> platform, topic `status`, retained; with `online` false it is the last will.
struct Status {
  std::string gateway;
  std::uint64_t session{};  ///< names one connection, grows: a will of an older session is stale
  bool online{};
  reading::Stamp time;  ///< when this status was made
  std::string version;  ///< of the program
  reading::Stamp started;
  bool clock_trusted{};
  StreamId stream;
  Sequence newest;  ///< newest sealed batch; 0 if none
  Sequence oldest_held;
  std::uint64_t unconfirmed_batches{};
  std::uint64_t unconfirmed_bytes{};
  Sequence oldest_unconfirmed;  ///< 0: none
  std::uint64_t buffer_bytes{};
  std::uint32_t meters_ok{};
  std::uint32_t meters_silent{};
  std::uint64_t readings_taken{};  ///< since the program started
  std::vector<BusStatus> buses;
  friend auto operator==(const Status&, const Status&) -> bool = default;
};

[[nodiscard]] auto encode_confirmation(const Confirmation& message) -> std::vector<std::byte>;
[[nodiscard]] auto decode_confirmation(std::span<const std::byte> bytes)
    -> wire::Result<Confirmation, Fault>;
[[nodiscard]] auto encode_command(const Command& message) -> std::vector<std::byte>;
[[nodiscard]] auto decode_command(std::span<const std::byte> bytes) -> wire::Result<Command, Fault>;
[[nodiscard]] auto encode_reply(const Reply& message) -> std::vector<std::byte>;
[[nodiscard]] auto decode_reply(std::span<const std::byte> bytes) -> wire::Result<Reply, Fault>;
[[nodiscard]] auto encode_status(const Status& message) -> std::vector<std::byte>;
[[nodiscard]] auto decode_status(std::span<const std::byte> bytes) -> wire::Result<Status, Fault>;

/// Topics: bornier/v1/<city>/<gateway>/<kind>.
enum class TopicKind : std::uint8_t { batch, backlog, catalog, status, confirm, command, reply };
struct Topic {
  std::string city;
  std::string gateway;
  TopicKind kind{};
  friend auto operator==(const Topic&, const Topic&) -> bool = default;
};
[[nodiscard]] auto to_text(const Topic& topic) -> std::string;
[[nodiscard]] auto parse_topic(std::string_view text) -> std::optional<Topic>;

}  // namespace bornier::batch
