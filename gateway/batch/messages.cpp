// SPDX-License-Identifier: Apache-2.0
#include "batch/messages.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <algorithm>
#include <limits>

#include "bornier/v1/telemetry.pb.h"
#include "reading/utf8.hpp"

namespace bornier::batch {
namespace {

[[nodiscard]] auto fits_a_byte(std::int64_t value) -> bool {
  return value >= 0 && value <= std::numeric_limits<std::uint8_t>::max();
}

}  // namespace

void write(const reading::StateChange& from, v1::StateChange& to) {
  to.set_time_ms(milliseconds_since_1970(from.time));
  to.set_meter(from.meter.value());
  to.set_point(from.point.value_or(reading::PointNumber{}).value());
  to.set_state(static_cast<v1::Acquisition>(from.state));
  to.set_exception_code(from.exception_code);
}

void write(const reading::Event& from, v1::Event& to) {
  to.set_time_ms(milliseconds_since_1970(from.time));
  to.set_kind(static_cast<v1::EventKind>(from.kind));
  to.set_meter(from.meter.value_or(reading::MeterNumber{}).value());
  to.set_number(from.number);
  to.set_text(reading::to_utf8(from.text));
}

void write(const reading::Gap& from, v1::Gap& to) {
  to.set_first_time_ms(milliseconds_since_1970(from.first));
  to.set_last_time_ms(milliseconds_since_1970(from.last));
  to.set_readings(from.readings);
  for (const reading::PointNumber point : from.points) {
    to.add_points(point.value());
  }
  to.set_reason(static_cast<v1::GapReason>(from.reason));
}

auto read(const v1::StateChange& from) -> wire::Result<reading::StateChange, Fault> {
  if (!fits_a_byte(from.state()) || !fits_a_byte(from.exception_code())) {
    return Fault::newer_schema;
  }
  reading::StateChange to{};
  to.time = reading::stamp_at(from.time_ms());
  to.meter = reading::MeterNumber{from.meter()};
  if (from.point() != 0) {
    to.point = reading::PointNumber{from.point()};
  }
  to.state = static_cast<reading::Acquisition>(from.state());
  to.exception_code = static_cast<std::uint8_t>(from.exception_code());
  return to;
}

auto read(const v1::Event& from) -> wire::Result<reading::Event, Fault> {
  if (!fits_a_byte(from.kind())) {
    return Fault::newer_schema;
  }
  reading::Event to{};
  to.time = reading::stamp_at(from.time_ms());
  to.kind = static_cast<reading::EventKind>(from.kind());
  if (from.meter() != 0) {
    to.meter = reading::MeterNumber{from.meter()};
  }
  to.number = from.number();
  to.text = from.text();
  return to;
}

auto read(const v1::Gap& from) -> wire::Result<reading::Gap, Fault> {
  if (!fits_a_byte(from.reason())) {
    return Fault::newer_schema;
  }
  reading::Gap to{};
  to.first = reading::stamp_at(from.first_time_ms());
  to.last = reading::stamp_at(from.last_time_ms());
  to.readings = from.readings();
  to.points.reserve(static_cast<std::size_t>(from.points_size()));
  for (const std::uint32_t point : from.points()) {
    to.points.emplace_back(point);
  }
  to.reason = static_cast<reading::GapReason>(from.reason());
  return to;
}

auto serialised(const google::protobuf::MessageLite& message) -> std::vector<std::byte> {
  std::vector<std::byte> bytes(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(bytes.data()));
  return bytes;
}

auto count_fields(std::span<const std::byte> bytes) -> std::optional<std::size_t> {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream input{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size())};
  std::size_t fields = 0;
  while (const std::uint32_t tag = input.ReadTag()) {
    if (!WireFormatLite::SkipField(&input, tag)) {
      return std::nullopt;
    }
    ++fields;
  }
  return input.ConsumedEntireMessage() ? std::optional{fields} : std::nullopt;
}

auto is_id(std::string_view text) noexcept -> bool {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace bornier::batch
