// SPDX-License-Identifier: Apache-2.0
#include "batch/control.hpp"

#include <algorithm>
#include <cstddef>

#include "batch/messages.hpp"
#include "bornier/v1/control.pb.h"
#include "reading/utf8.hpp"

namespace bornier::batch {
namespace {

constexpr std::size_t max_control_bytes = std::size_t{1} << 16U;

/// The message in `bytes`, or why there is none.
template <class Message>
[[nodiscard]] auto parse(std::span<const std::byte> bytes) -> wire::Result<Message, Fault> {
  if (bytes.size() > max_control_bytes) {
    return Fault::too_large;
  }
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fault::not_protobuf;
  }
  return message;
}

template <class Field>
void write(const std::vector<SequenceRange>& from, Field& to) {
  for (const SequenceRange& range : from) {
    auto& message = *to.Add();
    message.set_first(range.first.value());
    message.set_last(range.last.value());
  }
}

/// False if a range is empty, runs backwards or holds the number 0.
template <class Field>
[[nodiscard]] auto read(const Field& from, std::vector<SequenceRange>& to) -> bool {
  for (const auto& message : from) {
    if (message.first() == 0 || message.last() < message.first()) {
      return false;
    }
    to.push_back(SequenceRange{Sequence{message.first()}, Sequence{message.last()}});
  }
  return true;
}

}  // namespace

auto encode_confirmation(const Confirmation& message) -> std::vector<std::byte> {
  v1::Confirmation to;
  to.set_stream(message.stream.value());
  write(message.stored, *to.mutable_stored());
  write(message.conflicts, *to.mutable_conflicts());
  return serialised(to);
}

auto decode_confirmation(std::span<const std::byte> bytes) -> wire::Result<Confirmation, Fault> {
  const auto from = parse<v1::Confirmation>(bytes);
  if (!from) {
    return from.error();
  }
  Confirmation to;
  to.stream = StreamId{from->stream()};
  if (from->stream() == 0 || !read(from->stored(), to.stored) ||
      !read(from->conflicts(), to.conflicts)) {
    return Fault::header_incomplete;
  }
  return to;
}

auto encode_command(const Command& message) -> std::vector<std::byte> {
  v1::Command to;
  to.set_id(message.id);
  to.set_stream(message.stream.value());
  to.set_send_catalog(message.send_catalog);
  write(message.resend, *to.mutable_resend());
  return serialised(to);
}

auto decode_command(std::span<const std::byte> bytes) -> wire::Result<Command, Fault> {
  const auto from = parse<v1::Command>(bytes);
  if (!from) {
    return from.error();
  }
  Command to;
  to.id = from->id();
  to.stream = StreamId{from->stream()};
  to.send_catalog = from->send_catalog();
  if (!read(from->resend(), to.resend)) {
    return Fault::header_incomplete;
  }
  return to;
}

auto encode_reply(const Reply& message) -> std::vector<std::byte> {
  v1::Reply to;
  to.set_id(message.id);
  to.set_error(reading::to_utf8(message.error));
  return serialised(to);
}

auto decode_reply(std::span<const std::byte> bytes) -> wire::Result<Reply, Fault> {
  const auto from = parse<v1::Reply>(bytes);
  if (!from) {
    return from.error();
  }
  return Reply{from->id(), from->error()};
}

namespace {

void add_unit(v1::BusStatus& to, const UnitStatus& unit) {
  auto& part = *to.add_units();
  part.set_unit_id(unit.unit_id);
  part.set_requests(unit.requests);
  part.set_answers(unit.answers);
  part.set_timeouts(unit.timeouts);
  part.set_damaged(unit.damaged);
  part.set_foreign(unit.foreign);
  part.set_late(unit.late);
  for (const auto& [code, count] : unit.exceptions) {
    (*part.mutable_exceptions())[code] = count;
  }
  part.set_latency_50_us(unit.latency_50_us);
  part.set_latency_99_us(unit.latency_99_us);
}

auto unit_of(const v1::UnitStatus& part) -> UnitStatus {
  UnitStatus unit{.unit_id = static_cast<std::uint8_t>(part.unit_id()),
                  .requests = part.requests(),
                  .answers = part.answers(),
                  .timeouts = part.timeouts(),
                  .damaged = part.damaged(),
                  .foreign = part.foreign(),
                  .late = part.late(),
                  .exceptions = {},
                  .latency_50_us = part.latency_50_us(),
                  .latency_99_us = part.latency_99_us()};
  for (const auto& [code, count] : part.exceptions()) {
    unit.exceptions[static_cast<std::uint8_t>(code)] = count;
  }
  return unit;
}

auto count_units(const v1::Status& status) -> int {
  int count = 0;
  for (const auto& bus : status.buses()) {
    count += bus.units_size();
  }
  return count;
}

void add_bus(v1::Status& to, const BusStatus& bus) {
  if (to.buses_size() >= most_buses) {
    return;
  }
  auto& part = *to.add_buses();
  part.set_name(reading::to_utf8(bus.name));
  part.set_up(bus.up);
  part.set_occupancy_permille(bus.occupancy_permille);
  part.set_requests(bus.requests);
  part.set_answers(bus.answers);
  part.set_exceptions(bus.exceptions);
  part.set_timeouts(bus.timeouts);
  part.set_damaged(bus.damaged);
  part.set_foreign(bus.foreign);
  for (const auto& hint : bus.hints) {
    if (part.hints_size() < most_hints) {
      part.add_hints(reading::to_utf8(hint));
    }
  }
  const auto room = static_cast<std::size_t>(most_units - count_units(to));
  for (std::size_t unit = 0; unit < std::min(bus.units.size(), room); ++unit) {
    add_unit(part, bus.units[unit]);
  }
}

auto bus_of(const v1::BusStatus& part) -> BusStatus {
  BusStatus bus{.name = part.name(),
                .up = part.up(),
                .occupancy_permille = part.occupancy_permille(),
                .requests = part.requests(),
                .answers = part.answers(),
                .exceptions = part.exceptions(),
                .timeouts = part.timeouts(),
                .damaged = part.damaged(),
                .foreign = part.foreign(),
                .hints = {part.hints().begin(), part.hints().end()},
                .units = {}};
  for (const auto& unit : part.units()) {
    bus.units.push_back(unit_of(unit));
  }
  return bus;
}

}  // namespace

auto encode_status(const Status& message) -> std::vector<std::byte> {
  v1::Status to;
  to.set_gateway(message.gateway);
  to.set_session(message.session);
  to.set_online(message.online);
  to.set_time_ms(milliseconds_since_1970(message.time));
  to.set_version(reading::to_utf8(message.version));
  to.set_started_ms(milliseconds_since_1970(message.started));
  to.set_clock_trusted(message.clock_trusted);
  to.set_stream(message.stream.value());
  to.set_newest(message.newest.value());
  to.set_oldest_held(message.oldest_held.value());
  to.set_unconfirmed_batches(message.unconfirmed_batches);
  to.set_unconfirmed_bytes(message.unconfirmed_bytes);
  to.set_oldest_unconfirmed(message.oldest_unconfirmed.value());
  to.set_buffer_bytes(message.buffer_bytes);
  to.set_meters_ok(message.meters_ok);
  to.set_meters_silent(message.meters_silent);
  to.set_readings_taken(message.readings_taken);
  for (const auto& bus : message.buses) {
    add_bus(to, bus);
  }
  return serialised(to);
}

auto decode_status(std::span<const std::byte> bytes) -> wire::Result<Status, Fault> {
  const auto from = parse<v1::Status>(bytes);
  if (!from) {
    return from.error();
  }
  if (!is_id(from->gateway())) {
    return Fault::header_incomplete;
  }
  Status to;
  to.gateway = from->gateway();
  to.session = from->session();
  to.online = from->online();
  to.time = reading::stamp_at(from->time_ms());
  to.version = from->version();
  to.started = reading::stamp_at(from->started_ms());
  to.clock_trusted = from->clock_trusted();
  to.stream = StreamId{from->stream()};
  to.newest = Sequence{from->newest()};
  to.oldest_held = Sequence{from->oldest_held()};
  to.unconfirmed_batches = from->unconfirmed_batches();
  to.unconfirmed_bytes = from->unconfirmed_bytes();
  to.oldest_unconfirmed = Sequence{from->oldest_unconfirmed()};
  to.buffer_bytes = from->buffer_bytes();
  to.meters_ok = from->meters_ok();
  to.meters_silent = from->meters_silent();
  to.readings_taken = from->readings_taken();
  if (from->buses_size() > most_buses || count_units(*from) > most_units) {
    return Fault::too_large;
  }
  for (const auto& bus : from->buses()) {
    if (bus.hints_size() > most_hints) {
      return Fault::too_large;
    }
    to.buses.push_back(bus_of(bus));
  }
  return to;
}

}  // namespace bornier::batch
