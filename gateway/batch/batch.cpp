// SPDX-License-Identifier: Apache-2.0
#include "batch/batch.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "batch/compression.hpp"
#include "batch/crc32c.hpp"
#include "batch/messages.hpp"
#include "bornier/v1/telemetry.pb.h"

namespace bornier::batch {
namespace {

constexpr std::uint32_t known_schema = 0;
/// Body, and a header with its list of ranges.
constexpr std::size_t max_payload_bytes = 2 * max_body_bytes;
constexpr std::size_t max_header_fields = 64;

/// Earliest and latest time of all entries.
class Span {
 public:
  void include(reading::Stamp time) {
    first_ = std::min(first_.value_or(time), time);
    last_ = std::max(last_.value_or(time), time);
  }
  [[nodiscard]] auto first() const -> reading::Stamp { return first_.value_or(reading::Stamp{}); }
  [[nodiscard]] auto last() const -> reading::Stamp { return last_.value_or(reading::Stamp{}); }

 private:
  std::optional<reading::Stamp> first_;
  std::optional<reading::Stamp> last_;
};

[[nodiscard]] auto span_of(const reading::Entries& entries) -> Span {
  Span span;
  for (const auto& answer : entries.answers) {
    if (!answer.numbers.empty() || !answer.texts.empty()) {
      span.include(answer.time);
    }
  }
  for (const auto& state : entries.states) {
    span.include(state.time);
  }
  for (const auto& event : entries.events) {
    span.include(event.time);
  }
  for (const auto& gap : entries.gaps) {
    span.include(gap.first);
    span.include(gap.last);
  }
  return span;
}

void write(const Header& from, v1::Header& to) {
  to.set_city(from.city);
  to.set_gateway(from.gateway);
  to.set_stream(from.stream.value());
  to.set_sequence(from.sequence.value());
  to.set_batch_class(static_cast<v1::Class>(from.batch_class));
  to.set_catalog_revision(from.catalog_revision.value());
  to.set_readings(from.readings);
  to.set_first_time_ms(milliseconds_since_1970(from.first));
  to.set_span_ms(static_cast<std::uint64_t>(milliseconds_since_1970(from.last)) -
                 static_cast<std::uint64_t>(milliseconds_since_1970(from.first)));
  to.set_held_before(from.sequence.value() - from.oldest_held.value());
  std::uint64_t end = 0;
  for (const SequenceRange& range : from.backlog) {
    to.add_backlog(range.first.value() - end);
    to.add_backlog(range.last.value() - range.first.value() + 1);
    end = range.last.value() + 1;
  }
}

[[nodiscard]] auto read_backlog(const v1::Header& from, std::vector<SequenceRange>& to) -> bool {
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  if (from.backlog_size() % 2 != 0) {
    return false;
  }
  std::uint64_t end = 0;
  for (int at = 0; at < from.backlog_size(); at += 2) {
    const std::uint64_t distance = from.backlog(at);
    const std::uint64_t length = from.backlog(at + 1);
    if (length == 0 || distance > largest - end || length > largest - end - distance) {
      return false;
    }
    const std::uint64_t first = end + distance;
    end = first + length;
    to.push_back(SequenceRange{Sequence{first}, Sequence{end - 1}});
  }
  return true;
}

[[nodiscard]] auto read(const v1::Header& from) -> wire::Result<Header, Fault> {
  if (!is_id(from.city()) || !is_id(from.gateway()) || from.stream() == 0 || from.sequence() == 0 ||
      from.held_before() >= from.sequence()) {
    return Fault::header_incomplete;
  }
  Header to;
  to.city = from.city();
  to.gateway = from.gateway();
  to.stream = StreamId{from.stream()};
  to.sequence = Sequence{from.sequence()};
  to.batch_class = from.batch_class() == v1::CLASS_BILLING ? Class::billing : Class::detail;
  to.catalog_revision = Revision{from.catalog_revision()};
  to.readings = from.readings();
  to.first = reading::stamp_at(from.first_time_ms());
  to.last = reading::stamp_at(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(from.first_time_ms()) + from.span_ms()));
  to.oldest_held = Sequence{from.sequence() - from.held_before()};
  if (!read_backlog(from, to.backlog)) {
    return Fault::header_incomplete;
  }
  return to;
}

[[nodiscard]] auto parse(std::span<const std::byte> payload) -> wire::Result<v1::Batch, Fault> {
  if (payload.size() > max_payload_bytes) {
    return Fault::too_large;
  }
  const auto fields = count_fields(payload);
  v1::Batch message;
  if (!fields || *fields > max_header_fields ||
      !message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Fault::not_protobuf;
  }
  return message;
}

[[nodiscard]] auto as_bytes(const std::string& text) -> std::span<const std::byte> {
  return std::as_bytes(std::span{text});
}

[[nodiscard]] auto decode_body(const v1::Header& header, std::span<const std::byte> body)
    -> wire::Result<reading::Entries, Fault> {
  if (body.size() != header.body_size() || crc32c(body) != header.body_crc32c()) {
    return Fault::checksum_mismatch;
  }
  auto entries = decode_entries(body);
  if (entries && count_readings(*entries) != header.readings()) {
    return Fault::columns_disagree;
  }
  return entries;
}

[[nodiscard]] auto decode_body(const v1::Batch& message) -> wire::Result<reading::Entries, Fault> {
  if (message.header().body_size() > max_body_bytes) {
    return Fault::too_large;
  }
  if (message.has_plain()) {
    return decode_body(message.header(), as_bytes(message.plain()));
  }
  const auto body = decompress(as_bytes(message.zstd()), message.header().body_size());
  if (!body) {
    return Fault::decompression_failed;
  }
  return decode_body(message.header(), *body);
}

}  // namespace

auto encode_batch(Header header, const reading::Entries& entries) -> std::vector<std::byte> {
  const Span span = span_of(entries);
  header.readings = count_readings(entries);
  header.first = span.first();
  header.last = span.last();
  const std::vector<std::byte> body = encode_entries(entries);

  v1::Batch message;
  write(header, *message.mutable_header());
  message.mutable_header()->set_body_size(static_cast<std::uint32_t>(body.size()));
  message.mutable_header()->set_body_crc32c(crc32c(body));
  if (auto compressed = compress(body)) {
    message.set_zstd(*std::move(compressed));
  } else {
    message.set_plain(body.data(), body.size());
  }
  return serialised(message);
}

auto encode_tombstone(Header header, const reading::Gap& gap) -> std::vector<std::byte> {
  header.readings = gap.readings;
  header.first = gap.first;
  header.last = gap.last;
  v1::Batch message;
  write(header, *message.mutable_header());
  write(gap, *message.mutable_gap());
  return serialised(message);
}

auto decode_batch(std::span<const std::byte> payload) -> wire::Result<Batch, Fault> {
  const auto message = parse(payload);
  if (!message) {
    return message.error();
  }
  auto header = read(message->header());
  if (!header) {
    return header.error();
  }
  if (message->header().schema() > known_schema ||
      message->body_case() == v1::Batch::BODY_NOT_SET) {
    return Fault::newer_schema;
  }
  Batch batch{*std::move(header), {}};
  if (message->has_gap()) {
    auto gap = read(message->gap());
    if (!gap) {
      return gap.error();
    }
    batch.body = *std::move(gap);
    return batch;
  }
  auto entries = decode_body(*message);
  if (!entries) {
    return entries.error();
  }
  batch.body = *std::move(entries);
  return batch;
}

auto decode_header(std::span<const std::byte> payload) -> wire::Result<Header, Fault> {
  const auto message = parse(payload);
  if (!message) {
    return message.error();
  }
  return read(message->header());
}

}  // namespace bornier::batch
