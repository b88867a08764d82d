// SPDX-License-Identifier: Apache-2.0
#include "node/registers.hpp"

#include <algorithm>

namespace bornier::node {

namespace {

using wire::ExceptionCode;
using wire::Table;

constexpr std::uint16_t unlock_key = 0x5EA1;

/// A register in the table: which value of which row, and which word of the value.
struct Place {
  const Row* row = nullptr;
  std::size_t index = 0;
  std::size_t word = 0;

  [[nodiscard]] auto size() const noexcept -> std::size_t { return words(row->type); }
  /// Of a setting: its first word among the settings.
  [[nodiscard]] auto stored() const noexcept -> std::size_t {
    return row->stored + index * input_words;
  }
};

/// Without a row where the address is in none.
auto place_of(Table table, std::size_t address) noexcept -> Place {
  for (const auto& row : rows) {
    if (row.table != table || address < row.address) {
      continue;
    }
    const auto offset = address - row.address;
    const auto index = offset >> row.shift;
    const auto word = row.repeat > 1 ? offset & ((std::size_t{1} << row.shift) - 1) : offset;
    if (row.repeat == 1 ? offset < words(row.type) : index < row.repeat && word < words(row.type)) {
      return {&row, row.repeat == 1 ? 0 : index, word};
    }
  }
  return {};
}

template <class Flag>
auto mask(const Parts& parts, Flag flag) noexcept -> std::uint64_t {
  std::uint64_t bits = 0;
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    bits |= static_cast<std::uint64_t>((parts.pulses[input].*flag)()) << input;
  }
  return bits;
}

/// A second that has begun counts: 0 means that it is over.
auto seconds_left(Micros left) noexcept -> std::uint64_t {
  return (static_cast<std::uint32_t>(left) + 999'999U) / 1'000'000U;
}

auto unlock_left(const Parts& parts) noexcept -> Micros {
  return parts.is_unlocked() ? Parts::unlock_time - elapsed(*parts.unlocked_at, parts.now) : 0;
}

auto setting(const Parts& parts, const Place& place) noexcept -> std::uint64_t {
  if (place.row->access == Access::line) {
    return parts.line.asked()[place.row->stored];
  }
  std::uint64_t value = 0;
  for (std::size_t word = 0; word < place.size(); ++word) {
    value = value << 16U | parts.settings.word(place.stored() + word);
  }
  return value;
}

auto event_value(const Parts& parts, const Place& place) noexcept -> std::uint64_t {
  const auto number = parts.log.number_at(place.index);
  if (!parts.log.holds(number)) {
    return 0;
  }
  const auto& event = parts.log[number];
  switch (place.row->field) {
    case Field::event_number: return number;
    case Field::event_boot: return event.boot;
    case Field::event_kind: return static_cast<unsigned>(event.kind) << 8U | event.source;
    case Field::event_uptime: return event.uptime;
    case Field::event_value: return event.value;
    default: return 0;
  }
}

auto value_of(const Parts& parts, const Place& place) noexcept -> std::uint64_t {
  const auto index = place.index;
  switch (place.row->field) {
    case Field::setting: return setting(parts, place);
    case Field::map_id: return map_id;
    case Field::map_version: return map_version;
    case Field::firmware_version: return firmware_version;
    case Field::input_count: return input_count;
    case Field::serial: return parts.boot.serial;
    case Field::uptime: return parts.uptime;
    case Field::boots: return parts.boots;
    case Field::reset_cause: return static_cast<std::uint64_t>(parts.boot.cause);
    case Field::storms: return mask(parts, &PulseInput::storm);
    case Field::stucks: return mask(parts, &PulseInput::stuck);
    case Field::journal_failures: return parts.journal.failures();
    case Field::journal_saves: return parts.journal.saves();
    case Field::event_oldest: return parts.log.oldest();
    case Field::event_next: return parts.log.next();
    case Field::trial_left: return seconds_left(parts.line.left(parts.now));
    case Field::unlock_left: return seconds_left(unlock_left(parts));
    case Field::fault_pc: return parts.boot.fault.pc;
    case Field::fault_lr: return parts.boot.fault.lr;
    case Field::fault_status: return parts.boot.fault.status;
    case Field::count: return parts.pulses[index].count();
    case Field::interval: return parts.pulses[index].interval();
    case Field::rejected: return parts.pulses[index].rejected();
    case Field::edges_lost: return std::min<std::uint32_t>(parts.edges.lost(index), 0xFFFFU);
    case Field::event_number:
    case Field::event_boot:
    case Field::event_kind:
    case Field::event_uptime:
    case Field::event_value:
    case Field::event_reserved: return event_value(parts, place);
    case Field::line_confirm:
    case Field::unlock: return 0;
    case Field::input_active: return parts.pulses[index].active() ? 1 : 0;
    case Field::door_open: return parts.door.active() ? 1 : 0;
    case Field::mains_present: return parts.mains.active() ? 1 : 0;
    case Field::input_storm: return parts.pulses[index].storm() ? 1 : 0;
    case Field::input_stuck: return parts.pulses[index].stuck() ? 1 : 0;
    case Field::brown_out: return parts.brown_out ? 1 : 0;
    case Field::line_on_trial: return parts.line.on_trial() ? 1 : 0;
    case Field::unlocked: return parts.is_unlocked() ? 1 : 0;
    case Field::journal_failing:
      return !parts.journal.is_open() || parts.journal.failures() != 0 ? 1 : 0;
    case Field::save_now: return parts.journal.settled() ? 0 : 1;
    case Field::events_unread: return parts.log.next() != parts.events_read ? 1 : 0;
  }
  return 0;
}

/// A count that is not known yet is not 0.
auto is_known(const Parts& parts, const Row& row) noexcept -> bool {
  return parts.journal.is_open() || row.field != Field::count;
}

auto is_allowed(const Row& row, std::uint64_t value) noexcept -> bool {
  switch (row.type) {
    case Type::bit:
    case Type::u16: return value >= row.min && value <= row.max;
    case Type::s16: {
      const auto number = static_cast<std::int16_t>(value);
      return number >= static_cast<std::int16_t>(row.min) &&
             number <= static_cast<std::int16_t>(row.max);
    }
    case Type::u32:
    case Type::u64: return value >= row.min;
  }
  return false;
}

auto refusal_of(const Parts& parts, const Row& row, std::uint64_t value, bool broadcast) noexcept
    -> Refusal {
  const bool personal = row.access == Access::guarded || row.access == Access::line;
  bool fine = is_allowed(row, value) && !(broadcast && personal);
  if (row.field == Field::unlock) {
    fine = value == unlock_key;
  } else if (row.field == Field::line_confirm) {
    fine = value == 1 && !broadcast;
  } else if (row.access == Access::guarded) {
    fine = fine && parts.is_unlocked();
  } else if (row.access == Access::line && row.stored == 1) {
    fine = fine && is_baud(static_cast<std::uint16_t>(value));
  }
  return fine ? Refusal{} : ExceptionCode::illegal_data_value;
}

auto value_in(wire::RegistersView values, std::size_t at, std::size_t size) noexcept
    -> std::uint64_t {
  std::uint64_t value = 0;
  for (std::size_t word = 0; word < size; ++word) {
    value = value << 16U | values[at + word];
  }
  return value;
}

auto check_write(const Parts& parts, std::size_t first, wire::RegistersView values,
                 bool broadcast) noexcept -> Refusal {
  for (std::size_t at = 0; at < values.size();) {
    const auto place = place_of(Table::holding_register, first + at);
    if (place.row == nullptr) {
      return ExceptionCode::illegal_data_address;
    }
    if (place.word != 0 || at + place.size() > values.size()) {
      return ExceptionCode::illegal_data_value;
    }
    const auto value = value_in(values, at, place.size());
    if (const auto refusal = refusal_of(parts, *place.row, value, broadcast)) {
      return refusal;
    }
    at += place.size();
  }
  return std::nullopt;
}

/// Whether it differs from what was there.
auto set_setting(Parts& parts, const Place& place, wire::RegistersView values,
                 std::size_t at) noexcept -> bool {
  bool differs = false;
  for (std::size_t word = 0; word < place.size(); ++word) {
    differs = differs || parts.settings.word(place.stored() + word) != values[at + word];
    parts.settings.set_word(place.stored() + word, values[at + word]);
  }
  if (place.row->access == Access::guarded) {
    parts.log.add(EventKind::index_set, static_cast<std::uint8_t>(place.index));
  }
  return differs;
}

auto confirm_line(Parts& parts) noexcept -> void {
  if (parts.line.confirm()) {
    parts.settings.set_line(parts.line.asked());
    parts.journal.settings_changed();
    parts.log.add(EventKind::line_confirmed);
  }
}

}  // namespace

auto read_registers(const Parts& parts, const wire::Read& read, wire::ByteWriter& out) noexcept
    -> Refusal {
  for (std::size_t at = 0; at < read.quantity;) {
    const auto place = place_of(read.table, read.first.value() + at);
    if (place.row == nullptr) {
      return ExceptionCode::illegal_data_address;
    }
    if (!is_known(parts, *place.row)) {
      return ExceptionCode::server_device_failure;
    }
    const auto value = value_of(parts, place);
    for (auto word = place.word; word < place.size() && at < read.quantity; ++word, ++at) {
      out.u16(static_cast<std::uint16_t>(value >> 16U * (place.size() - 1 - word)));
    }
  }
  return std::nullopt;
}

auto read_bits(const Parts& parts, const wire::Read& read, std::span<std::byte> packed) noexcept
    -> Refusal {
  for (std::size_t at = 0; at < read.quantity; ++at) {
    const auto place = place_of(read.table, read.first.value() + at);
    if (place.row == nullptr || at / 8 >= packed.size()) {
      return ExceptionCode::illegal_data_address;
    }
    packed[at / 8] |= static_cast<std::byte>(value_of(parts, place) << at % 8);
  }
  return std::nullopt;
}

auto write_registers(Parts& parts, wire::RegisterAddress first, wire::RegistersView values,
                     bool broadcast) noexcept -> Refusal {
  if (const auto refusal = check_write(parts, first.value(), values, broadcast)) {
    return refusal;
  }
  auto line = parts.line.asked();
  bool changed = false;
  for (std::size_t at = 0; at < values.size();) {
    const auto place = place_of(Table::holding_register, first.value() + at);
    if (place.row->field == Field::unlock) {
      parts.unlocked_at = parts.now;
    } else if (place.row->field == Field::line_confirm) {
      confirm_line(parts);
    } else if (place.row->access == Access::line) {
      line[place.row->stored] = values[at];
      parts.line.ask(line);
    } else {
      changed = set_setting(parts, place, values, at) || changed;
    }
    at += place.size();
  }
  if (changed) {
    parts.settings_written = true;
    parts.journal.settings_changed();
    parts.log.add(EventKind::settings_changed, 0, first.value());
  }
  return std::nullopt;
}

auto write_coils(Parts& parts, wire::RegisterAddress first, wire::BitsView values) noexcept
    -> Refusal {
  for (std::size_t at = 0; at < values.size(); ++at) {
    const auto place = place_of(Table::coil, first.value() + at);
    if (place.row == nullptr) {
      return ExceptionCode::illegal_data_address;
    }
    if (place.row->field == Field::events_unread && values[at]) {
      return ExceptionCode::illegal_data_value;
    }
  }
  for (std::size_t at = 0; at < values.size(); ++at) {
    const auto place = place_of(Table::coil, first.value() + at);
    if (place.row->field == Field::events_unread) {
      parts.events_read = parts.log.next();
    } else if (values[at]) {
      parts.journal.save_early();
    }
  }
  return std::nullopt;
}

}  // namespace bornier::node
