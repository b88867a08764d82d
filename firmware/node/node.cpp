// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include <algorithm>

namespace bornier::node {

namespace {

/// A store that cannot be read is tried again; each time waits for the bus.
constexpr Micros open_again = seconds(10);
/// Longer than the longest frame takes at 1,200 Bd.
constexpr Micros longest_sending = seconds(3);
/// As many edges as the queue holds: the loop goes on in any storm.
constexpr int most_edges = 64;

auto bit(std::uint16_t bits, std::size_t index) noexcept -> bool {
  return (bits >> index & 1U) != 0;
}

}  // namespace

Node::Node(const Boot& boot, const Stores& stores, const Defaults& defaults) noexcept
    : parts_{boot, stores, defaults}, server_{parts_}, clock_{boot.now}, second_{clock_.now()} {
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    parts_.pulses[input].start(parts_.settings.pulse(input), bit(boot.levels, input), parts_.now);
  }
  start_contacts(bit(boot.levels, door_input), bit(boot.levels, mains_input));
}

auto Node::start_contacts(bool door, bool mains) noexcept -> void {
  parts_.door.start(parts_.settings.door(), door, parts_.now);
  parts_.mains.start(parts_.settings.mains(), mains, parts_.now);
  door_ = parts_.door.active();
  mains_ = parts_.mains.active();
}

auto Node::open_journal() noexcept -> void {
  open_tried_ = parts_.now;
  const auto opened = parts_.journal.open(parts_.settings, parts_.log);
  if (opened) {
    start_contacts(parts_.door.level(), parts_.mains.level());
    parts_.line.reset(parts_.settings);
    parts_.boots = opened->counters.boots + 1;
    for (std::size_t input = 0; input < pulse_inputs; ++input) {
      parts_.pulses[input].add(opened->counters.counts[input]);
    }
    parts_.events_read = parts_.log.next();
    parts_.log.set_time(parts_.boots, parts_.uptime);
    parts_.log.add(EventKind::boot, static_cast<std::uint8_t>(parts_.boot.cause));
    if (parts_.boot.fault.pc != 0) {
      parts_.log.add(EventKind::fault_record);
    }
    for (std::size_t area = 0; area < opened->damaged.size(); ++area) {
      if (opened->damaged[area] != 0) {
        parts_.log.add(EventKind::record_damaged, static_cast<std::uint8_t>(area + 1),
                       opened->damaged[area]);
      }
    }
    parts_.journal.counters_changed();
  }
  configure();
  reader_.set_baud(parts_.line.line().baud);
}

/// Only inputs whose settings changed: another pulse value does not interrupt the counting.
auto Node::configure() noexcept -> void {
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    auto& pulse = parts_.pulses[input];
    if (const auto settings = parts_.settings.pulse(input); settings != pulse.settings()) {
      pulse.configure(settings, parts_.now);
    }
  }
  parts_.door.set(parts_.settings.door());
  parts_.mains.set(parts_.settings.mains());
  parts_.settings_written = false;
}

auto Node::step(const Inputs& inputs) noexcept -> Outputs {
  parts_.now = clock_.step(inputs.now);
  if (!parts_.journal.is_open() &&
      (!open_tried_ || elapsed(*open_tried_, parts_.now) >= open_again)) {
    open_journal();
  }
  step_seconds();
  take_edges(inputs);
  step_inputs();
  step_contacts();
  step_supply(inputs.brown_out);
  const auto send = step_line(inputs);
  if (parts_.settings_written) {
    configure();
  }
  step_journal();

  Outputs outputs;
  outputs.send = send;
  outputs.line = parts_.line.line();
  // Not where the edges come faster than they are taken, nor where the line is never free again.
  outputs.feed_watchdog =
      edges_taken_ && !(sending_since_ && elapsed(*sending_since_, parts_.now) > longest_sending);
  return outputs;
}

auto Node::step_seconds() noexcept -> void {
  while (elapsed(second_, parts_.now) >= seconds(1)) {
    second_ = second_ + seconds(1);
    ++parts_.uptime;
  }
  parts_.log.set_time(parts_.boots, parts_.uptime);
}

auto Node::put_edge(std::size_t input, bool level, Instant at) noexcept -> void {
  if (input < pulse_inputs) {
    parts_.pulses[input].edge(level, at);
  } else if (input == door_input) {
    parts_.door.edge(level, at);
  } else {
    parts_.mains.edge(level, at);
  }
}

auto Node::take_edges(const Inputs& inputs) noexcept -> void {
  edges_taken_ = false;
  for (int taken = 0; taken < most_edges; ++taken) {
    const auto edge = parts_.edges.pop();
    if (!edge) {
      edges_taken_ = true;
      break;
    }
    if (edge->input < all_inputs) {
      put_edge(edge->input, edge->level, clock_.at(edge->tick));
    }
  }
  // Where an edge was lost, the pin says what it was. Not where an edge is as new as the pins:
  // those were looked at before it or after it.
  const auto missed = [&](std::size_t input, const auto& part) {
    if (edges_taken_ && part.level() != bit(inputs.levels, input) &&
        part.last_edge() < parts_.now) {
      put_edge(input, bit(inputs.levels, input), parts_.now);
    }
  };
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    missed(input, parts_.pulses[input]);
  }
  missed(door_input, parts_.door);
  missed(mains_input, parts_.mains);
}

auto Node::step_inputs() noexcept -> void {
  const auto tell = [this](std::size_t input, std::uint16_t& told, bool is, EventKind begin,
                           EventKind end) {
    if (is != bit(told, input)) {
      told = static_cast<std::uint16_t>(told ^ 1U << input);
      parts_.log.add(is ? begin : end, static_cast<std::uint8_t>(input));
    }
  };
  std::uint64_t total = 0;
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    auto& pulse = parts_.pulses[input];
    pulse.step(parts_.now);
    total += pulse.count();
    tell(input, storms_, pulse.storm(), EventKind::storm_begin, EventKind::storm_end);
    tell(input, stucks_, pulse.stuck(), EventKind::stuck_begin, EventKind::stuck_end);
  }
  if (total != total_) {
    total_ = total;
    parts_.journal.counters_changed();
  }
  for (std::size_t input = 0; input < all_inputs; ++input) {
    const auto lost = parts_.edges.lost(input);
    // Once a second, not for every edge of a storm.
    if (lost != lost_told_[input] && second_ != edges_told_) {
      const auto more = std::min<std::uint32_t>(lost - lost_told_[input], 0xFFFFU);
      parts_.log.add(EventKind::edges_lost, static_cast<std::uint8_t>(input),
                     static_cast<std::uint16_t>(more));
      lost_told_[input] = lost;
    }
  }
  edges_told_ = second_;
}

auto Node::step_contacts() noexcept -> void {
  parts_.door.step(parts_.now);
  if (parts_.door.active() != door_) {
    door_ = !door_;
    parts_.log.add(door_ ? EventKind::door_open : EventKind::door_closed);
  }
  parts_.mains.step(parts_.now);
  if (parts_.mains.active() != mains_) {
    mains_ = !mains_;
    parts_.log.add(mains_ ? EventKind::mains_back : EventKind::mains_lost);
    if (!mains_) {
      parts_.journal.save_early();
    }
  }
}

auto Node::step_supply(bool brown_out) noexcept -> void {
  if (brown_out && !parts_.brown_out) {
    parts_.log.add(EventKind::brown_out);
    parts_.journal.save_early();
  }
  parts_.brown_out = brown_out;
}

/// Not before the number of this boot is kept: events are told apart by it.
auto Node::is_serving() const noexcept -> bool {
  const auto& journal = parts_.journal;
  return !journal.is_open() || journal.saves() != 0 || journal.failures() != 0;
}

auto Node::take_bytes(const Inputs& inputs) noexcept -> void {
  while (const auto byte = parts_.bytes.pop()) {
    if (!is_serving() || sending_since_) {
      continue;  // what came meanwhile was not for us, or was our own answer
    }
    reader_.receive(byte->value(), byte->damaged(), clock_.at(byte->tick(inputs.now)));
    while (const auto frame = reader_.next(parts_.now)) {
      server_.serve(*frame, reader_);
    }
  }
  while (const auto frame = reader_.next(parts_.now)) {
    server_.serve(*frame, reader_);
  }
}

auto Node::step_line(const Inputs& inputs) noexcept -> std::span<const std::byte> {
  if (sending_since_ && !inputs.transmitting) {
    sending_since_.reset();
    server_.answered();
    reader_.clear();
  }
  take_bytes(inputs);
  if (sending_since_) {
    return {};
  }
  if (parts_.line.step(parts_.now)) {
    parts_.log.add(EventKind::line_reverted);
    server_.answered();
    reader_.set_baud(parts_.line.line().baud);
    return {};
  }
  if (!server_.answer().empty()) {
    if (!reader_.silent(parts_.now)) {
      return {};
    }
    sending_since_ = parts_.now;
    return server_.answer();
  }
  if (parts_.line.apply(parts_.now)) {
    if (parts_.line.on_trial()) {
      parts_.log.add(EventKind::line_on_trial);
    }
    reader_.set_baud(parts_.line.line().baud);
  }
  return {};
}

auto Node::step_journal() noexcept -> void {
  auto& journal = parts_.journal;
  Counters counters;
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    counters.counts[input] = parts_.pulses[input].count();
  }
  counters.boots = parts_.boots;
  counters.next_event = parts_.log.next();
  journal.step(parts_.now, parts_.settings.save_every(), counters, parts_.settings, parts_.log);
  // The first of them, and not each of a store that is dead.
  if (journal.failures() != 0 && !failure_told_) {
    failure_told_ = true;
    parts_.log.add(EventKind::store_failed, static_cast<std::uint8_t>(journal.failed_area()));
  }
}

}  // namespace bornier::node
