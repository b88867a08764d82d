// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "batch/control.hpp"
#include "reading/time.hpp"
#include "wire/result.hpp"

/// The city's database, whichever it is: what goes in, what is answered. Tables and views are
/// described in DESIGN.md.
namespace bornier::platform {

/// One batch, decoded; `payload` is what came in, byte for byte.
struct BatchArrival {
  batch::Batch batch;
  std::vector<std::byte> payload;
  reading::Stamp received_at;
};

struct CatalogArrival {
  batch::Catalog catalog;
  std::vector<std::byte> payload;
  reading::Stamp received_at;
};

struct StatusArrival {
  std::string city;
  batch::Status status;
  reading::Stamp received_at;
  bool retained{};  ///< kept by the broker: tells nothing about when the gateway was last seen
};

/// Bytes that cannot be stored as what they claim to be: kept as they are, with the reason.
struct Quarantined {
  std::string topic;
  std::string reason;
  std::vector<std::byte> payload;
  reading::Stamp received_at;
};

using Arrival = std::variant<BatchArrival, CatalogArrival, StatusArrival, Quarantined>;

/// What became of an arrival once the transaction is committed.
enum class Verdict : std::uint8_t {
  stored,
  already_there,  ///< the same bytes, or a tombstone for a number that is there
  conflict,     ///< other bytes under a number that is there, a catalog that gives a number of its
                ///< stream another meaning, a batch after such a catalog: kept aside, not stored
  quarantined,  ///< contradicts itself or its catalog: kept aside, not stored
};

/// Why nothing was committed. One clause for a log line.
struct Failure {
  std::string text;
};

/// How much is kept of what cannot be stored; the oldest goes first.
struct AsideLimits {
  std::size_t quarantined = 256;
  std::size_t conflicts = 1024;
  std::size_t bytes_each = 1U << 20U;  ///< of a payload; what is longer is cut
};

struct StreamName {
  std::string city;
  std::string gateway;
  batch::StreamId stream;
  friend auto operator<=>(const StreamName&, const StreamName&) -> std::strong_ordering = default;
};

/// What the receiver has to remember across a restart.
struct KnownStream {
  StreamName name;
  batch::Revision catalog;                   ///< newest one stored; 0: none
  std::vector<batch::SequenceRange> stored;  ///< ascending, neither touching nor overlapping
};

/// Used by one thread at a time.
class Database {
 public:
  virtual ~Database() = default;

  /// One transaction, in the order given, synced to disk: all arrivals or none of them. One verdict
  /// for each.
  [[nodiscard]] virtual auto store(std::span<const Arrival> arrivals)
      -> wire::Result<std::vector<Verdict>, Failure> = 0;

  [[nodiscard]] virtual auto known_streams() -> wire::Result<std::vector<KnownStream>, Failure> = 0;

  /// What is in the database of one stream by now, other receivers' doing too: `stored` from `from`
  /// on. A stream that it never heard of has nothing.
  [[nodiscard]] virtual auto known_stream(const StreamName& name, batch::Sequence from)
      -> wire::Result<KnownStream, Failure> = 0;

  /// The newest catalog of every stream.
  [[nodiscard]] virtual auto catalogs() -> wire::Result<std::vector<batch::Catalog>, Failure> = 0;
};

}  // namespace bornier::platform
