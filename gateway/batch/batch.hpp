// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "batch/fault.hpp"
#include "reading/entries.hpp"
#include "reading/time.hpp"
#include "wire/result.hpp"
#include "wire/tagged.hpp"

/// Readings <-> the bytes of proto/bornier/v1/telemetry.proto. Pure functions.
namespace bornier::batch {

/// Drawn at random when a buffer is created afresh; shown as 16 hex digits.
using StreamId = wire::Tagged<struct StreamIdTag, std::uint64_t>;
/// "00c0ffee00c0ffee".
[[nodiscard]] auto to_text(StreamId stream) -> std::string;
/// Number of a batch in its stream: 1, 2, 3 … without holes.
using Sequence = wire::Tagged<struct SequenceTag, std::uint64_t>;
/// Grows by one with every change of the catalog.
using Revision = wire::Tagged<struct RevisionTag, std::uint32_t>;

/// Both ends included.
struct SequenceRange {
  Sequence first;
  Sequence last;
  friend auto operator==(const SequenceRange&, const SequenceRange&) -> bool = default;
};

/// Eviction takes detail first, billing last.
enum class Class : std::uint8_t { detail = 0, billing = 1 };

/// Never compressed; what a receiver needs to know before it touches the body. Field by field in
/// telemetry.proto.
struct Header {
  std::string city;
  std::string gateway;
  StreamId stream;
  Sequence sequence;
  Class batch_class{};
  Revision catalog_revision;
  std::uint64_t readings{};
  reading::Stamp first;  ///< earliest time in the batch
  reading::Stamp last;   ///< latest time in the batch
  Sequence oldest_held;  ///< when this batch was sealed
  std::vector<SequenceRange>
      backlog;  ///< sealed, unconfirmed and not yet sent when this batch was sealed
  friend auto operator==(const Header&, const Header&) -> bool = default;
};

struct Batch {
  Header header;
  /// A Gap is a tombstone: the number is taken, the readings are lost.
  std::variant<reading::Entries, reading::Gap> body;
  friend auto operator==(const Batch&, const Batch&) -> bool = default;
};

/// What one body may hold; a decoder refuses more as `too_large`. Whoever seals stays below: a
/// reading takes at most 25 bytes, usually less than two.
constexpr std::size_t max_body_bytes = std::size_t{1} << 20U;
/// Readings plus the empty places in columns (an answer that lacked some points).
constexpr std::size_t max_cells = std::size_t{1} << 18U;
/// Changes of state, events, gaps and different texts, together.
constexpr std::size_t max_other_entries = std::size_t{1} << 15U;
/// Sum over all readings that are texts.
constexpr std::size_t max_text_bytes = std::size_t{1} << 22U;

/// The order in which `decode_entries` gives back what was encoded; equal to the entries but for:
/// answers that are columns of one group stand together, numbers and texts of an answer ascend by
/// point (equal points keep their order), answers without a reading are gone, bytes that are not
/// UTF-8 are U+FFFD. Idempotent.
[[nodiscard]] auto canonical(const reading::Entries& entries) -> reading::Entries;

/// `Readings` of telemetry.proto, uncompressed: the body of a batch, and what the journal keeps of
/// a chunk.
[[nodiscard]] auto encode_entries(const reading::Entries& entries) -> std::vector<std::byte>;
/// Whatever bytes come in: the canonical form of what was encoded, or a Fault; memory stays within
/// 64 MiB.
[[nodiscard]] auto decode_entries(std::span<const std::byte> bytes)
    -> wire::Result<reading::Entries, Fault>;

/// The payload as published and as kept on disk. `readings`, `first` and `last` are taken from the
/// entries; what the header says of them is ignored.
[[nodiscard]] auto encode_batch(Header header, const reading::Entries& entries)
    -> std::vector<std::byte>;
/// A tombstone: takes the number (and times) of a batch that is lost.
[[nodiscard]] auto encode_tombstone(Header header, const reading::Gap& gap)
    -> std::vector<std::byte>;
[[nodiscard]] auto decode_batch(std::span<const std::byte> payload) -> wire::Result<Batch, Fault>;
/// Only the header: cheap, and works for a body of a newer schema.
[[nodiscard]] auto decode_header(std::span<const std::byte> payload) -> wire::Result<Header, Fault>;

}  // namespace bornier::batch
