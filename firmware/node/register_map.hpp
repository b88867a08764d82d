// SPDX-License-Identifier: Apache-2.0
// The node's registers, once: the server answers from this table, and the gateway's model file is
// checked against it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/registers.hpp"

namespace bornier::node {

/// What a register shows or sets.
enum class Field : std::uint8_t {
  setting,  ///< kept in the store, at `stored`
  map_id,
  map_version,
  firmware_version,
  input_count,
  serial,
  uptime,
  boots,
  reset_cause,
  storms,
  stucks,
  journal_failures,
  journal_saves,
  event_oldest,
  event_next,
  trial_left,
  unlock_left,
  fault_pc,
  fault_lr,
  fault_status,
  count,
  interval,
  rejected,
  edges_lost,
  event_number,
  event_boot,
  event_kind,
  event_uptime,
  event_value,
  event_reserved,
  line_confirm,
  unlock,
  input_active,
  door_open,
  mains_present,
  input_storm,
  input_stuck,
  brown_out,
  line_on_trial,
  unlocked,
  journal_failing,
  save_now,
  events_unread,
};

/// Values of several registers: high word first.
enum class Type : std::uint8_t { bit, u16, s16, u32, u64 };

/// guarded: only while unlocked. line: on trial first, see line_trial.hpp. Neither by broadcast.
enum class Access : std::uint8_t { read, write, guarded, line };

struct Register {
  wire::Table table{};
  std::uint16_t address = 0;
  Field field{};
  Type type = Type::u16;
  Access access = Access::read;
  std::uint8_t repeat = 1;  ///< one for each input, or each event
  std::uint8_t shift = 0;   ///< repeated every 2^shift addresses
  std::uint8_t stored = 0;  ///< of a setting: its first word among the settings
  std::uint16_t min = 0;    ///< of a setting, as its type has it
  std::uint16_t max = 0xFFFF;
  std::uint16_t initial = 0;
  std::int8_t scale = 0;  ///< in units of 10^scale
  std::string_view name;
  std::string_view unit;
  std::string_view what;
};

[[nodiscard]] constexpr auto words(Type type) noexcept -> std::uint8_t {
  switch (type) {
    case Type::bit:
    case Type::u16:
    case Type::s16: return 1;
    case Type::u32: return 2;
    case Type::u64: return 4;
  }
  return 1;
}

/// Settings are words: first the node's, then as many for each input.
inline constexpr std::size_t node_words = 8;
inline constexpr std::size_t input_words = 12;
inline constexpr std::uint8_t input_count = 8;
inline constexpr std::uint16_t map_id = 0x424E;  // "BN"
inline constexpr std::uint16_t map_version = 1;
inline constexpr std::uint16_t firmware_version = 0x0001;  // 0.1

namespace map_detail {

using wire::Table;
using enum Type;
using enum Access;
inline constexpr auto input = Table::input_register;
inline constexpr auto holding = Table::holding_register;
inline constexpr auto discrete = Table::discrete_input;
inline constexpr auto coil = Table::coil;

/// A value that is only shown.
constexpr auto shown(Table table, std::uint16_t address, Field field, Type type,
                     std::string_view name, std::string_view unit, std::string_view what,
                     std::uint8_t repeat = 1, std::uint8_t shift = 0, std::int8_t scale = 0)
    -> Register {
  return {table, address, field, type,  read, repeat, shift, 0,
          0,     0xFFFF,  0,     scale, name, unit,   what};
}

/// One of the node's settings; `address` is also its place among the words.
constexpr auto setting(std::uint16_t address, Access access, std::uint16_t min, std::uint16_t max,
                       std::uint16_t initial, std::string_view name, std::string_view unit,
                       std::string_view what, std::int8_t scale = 0) -> Register {
  return {holding,
          address,
          Field::setting,
          u16,
          access,
          1,
          0,
          static_cast<std::uint8_t>(address),
          min,
          max,
          initial,
          scale,
          name,
          unit,
          what};
}

/// One of the settings that each input has.
constexpr auto of_input(std::uint8_t word, Type type, std::uint16_t min, std::uint16_t max,
                        std::uint16_t initial, std::string_view name, std::string_view unit,
                        std::string_view what, std::int8_t scale = 0, Access access = write)
    -> Register {
  return {holding,
          static_cast<std::uint16_t>(0x0100 + word),
          Field::setting,
          type,
          access,
          input_count,
          4,
          static_cast<std::uint8_t>(node_words + word),
          min,
          max,
          initial,
          scale,
          name,
          unit,
          what};
}

constexpr auto command(Table table, std::uint16_t address, Field field, Type type,
                       std::string_view name, std::string_view what) -> Register {
  return {table, address, field, type, write, 1, 0, 0, 0, 0xFFFF, 0, 0, name, "", what};
}

}  // namespace map_detail

/// Sorted by table and address. The names, numbered from 1 where they are repeated, are those of
/// the points in config/models/bornier-node.toml. A name says the unit where the model's quantity
/// has none.
inline constexpr auto register_map = [] {
  using namespace map_detail;
  constexpr std::uint16_t minus_12 = 0x10000 - 12;
  return std::array{
      command(coil, 0, Field::save_now, bit, "save_now",
              "1 while something waits to be saved; write 1: save the counts now"),
      command(coil, 1, Field::events_unread, bit, "events_unread",
              "1 once there was an event; write 0 after reading them"),

      shown(discrete, 0, Field::input_active, bit, "input_active", "", "level of the input", 8),
      shown(discrete, 8, Field::door_open, bit, "door_open", "", "debounced"),
      shown(discrete, 9, Field::mains_present, bit, "mains_present", "", "debounced"),
      shown(discrete, 10, Field::input_storm, bit, "input_storm", "",
            "more edges than any meter gives", 8),
      shown(discrete, 18, Field::input_stuck, bit, "input_stuck", "",
            "active for longer than stuck_after", 8),
      shown(discrete, 26, Field::brown_out, bit, "brown_out", "", "the supply is low"),
      shown(discrete, 27, Field::line_on_trial, bit, "line_on_trial", "",
            "communication settings wait for line_confirm"),
      shown(discrete, 28, Field::unlocked, bit, "unlocked", "", "start_index can be written"),
      shown(discrete, 29, Field::journal_failing, bit, "journal_failing", "",
            "the store cannot be read, or a write failed since boot"),

      shown(input, 0x0000, Field::map_id, u16, "map_id", "", "0x424E"),
      shown(input, 0x0001, Field::map_version, u16, "map_version", "", "of this table"),
      shown(input, 0x0002, Field::firmware_version, u16, "fw_version", "",
            "major in the high byte, minor in the low"),
      shown(input, 0x0003, Field::input_count, u16, "input_count", "", "pulse inputs"),
      shown(input, 0x0004, Field::serial, u64, "serial_number", "", "of the microcontroller"),
      shown(input, 0x0008, Field::uptime, u32, "uptime", "s", "since boot"),
      shown(input, 0x000A, Field::boots, u32, "boots", "", "number of this boot"),
      shown(input, 0x000C, Field::reset_cause, u16, "reset_cause", "",
            "0 unknown, 1 power on, 2 brown-out, 3 watchdog, 4 pin, 5 software, 6 fault"),
      shown(input, 0x000D, Field::storms, u16, "storms", "", "bit per input: storm"),
      shown(input, 0x000E, Field::stucks, u16, "stucks", "", "bit per input: stuck"),
      shown(input, 0x000F, Field::journal_failures, u16, "journal_failures", "",
            "writes that failed since boot"),
      shown(input, 0x0010, Field::journal_saves, u32, "journal_saves", "",
            "records of counts saved since boot"),
      shown(input, 0x0012, Field::event_oldest, u32, "event_oldest", "", "oldest event held"),
      shown(input, 0x0014, Field::event_next, u32, "event_next", "", "number of the next event"),
      shown(input, 0x0016, Field::trial_left, u16, "trial_left", "s",
            "until the communication settings return"),
      shown(input, 0x0017, Field::unlock_left, u16, "unlock_left", "s", "until locked again"),
      shown(input, 0x0018, Field::fault_pc, u32, "fault_pc", "",
            "of the hard fault before this boot, 0 if none"),
      shown(input, 0x001A, Field::fault_lr, u32, "fault_lr", "", "its link register"),
      shown(input, 0x001C, Field::fault_status, u32, "fault_status", "",
            "its status register, as the board has it"),
      shown(input, 0x0100, Field::count, u64, "pulse_count", "{pulse}", "never set back", 8, 2),
      shown(input, 0x0120, Field::interval, u32, "pulse_interval_s", "s",
            "between the last two pulses; 0 none yet, 4294967295 longer", 8, 1, -6),
      shown(input, 0x0130, Field::rejected, u32, "pulses_rejected", "", "too short", 8, 1),
      shown(input, 0x0140, Field::edges_lost, u16, "edges_lost", "",
            "edges for which there was no room, door and mains last", 10),
      // Event n stands at 0x0400 + 8 * (n mod 32): nothing has to be selected, nothing moves.
      shown(input, 0x0400, Field::event_number, u32, "event_number", "", "0 if empty", 32, 3),
      shown(input, 0x0402, Field::event_boot, u16, "event_boot", "", "low half of boots", 32, 3),
      shown(input, 0x0403, Field::event_kind, u16, "event_kind", "",
            "kind in the high byte, source in the low", 32, 3),
      shown(input, 0x0404, Field::event_uptime, u32, "event_uptime", "s", "when it was", 32, 3),
      shown(input, 0x0406, Field::event_value, u16, "event_value", "", "by its kind", 32, 3),
      shown(input, 0x0407, Field::event_reserved, u16, "event_reserved", "", "0", 32, 3),

      setting(0, line, 1, 247, 1, "unit_id", "", "Modbus address"),
      setting(1, line, 12, 1152, 96, "baud", "Bd",
              "in hundreds: 12, 24, 48, 96, 192, 384, 576, 1152", 2),
      setting(2, line, 0, 3, 0, "line_format", "", "0 8E1, 1 8O1, 2 8N2, 3 8N1"),
      setting(3, write, 1, 60, 10, "save_every_s", "s", "longest time that a count is not saved"),
      setting(4, write, 0, 2, 1, "door_mode", "", "0 off, 1 open when high, 2 open when low"),
      setting(5, write, 1, 10'000, 50, "door_debounce_s", "s", "time that a state has to last", -3),
      setting(6, write, 0, 2, 2, "mains_mode", "", "0 off, 1 present when high, 2 when low"),
      setting(7, write, 1, 10'000, 20, "mains_debounce_s", "s", "time that a state has to last",
              -3),
      command(holding, 8, Field::line_confirm, u16, "line_confirm",
              "write 1 within 30 s of a change of address, baud or format, with the new ones"),
      command(holding, 9, Field::unlock, u16, "unlock", "write 0x5EA1 to unlock for 60 s"),
      of_input(0, u16, 0, 2, 2, "input_mode", "", "0 off, 1 active when high, 2 active when low"),
      of_input(1, u16, 1, 0xFFFF, 20, "input_debounce_s", "s", "shorter interruptions are bounce",
               -4),
      of_input(2, u16, 1, 0xFFFF, 200, "pulse_min_width_s", "s", "a shorter pulse does not count",
               -4),
      of_input(3, u16, 0, 0xFFFF, 43'200, "stuck_after_s", "s", "an event; 0 never"),
      of_input(4, u32, 1, 0xFFFF, 1, "pulse_mantissa", "", "worth of a pulse: times"),
      of_input(6, s16, minus_12, 12, 0, "pulse_exponent", "", "ten to the power of this"),
      of_input(7, u16, 0, 4, 0, "pulse_unit", "", "0 pulses, 1 W.h, 2 V.A{reactive}.h, 3 m3, 4 J"),
      of_input(8, u64, 0, 0xFFFF, 0, "start_index", "",
               "of the meter at count 0, in units of 10^pulse_exponent", 0, guarded),
  };
}();

/// A row as the server needs it: the texts stay out of the image.
struct Row {
  std::uint16_t address = 0;
  std::uint16_t min = 0;
  std::uint16_t max = 0;
  std::uint16_t initial = 0;
  wire::Table table{};
  Field field{};
  Type type{};
  Access access{};
  std::uint8_t repeat = 0;
  std::uint8_t shift = 0;
  std::uint8_t stored = 0;
};

inline constexpr auto rows = [] {
  std::array<Row, register_map.size()> result{};
  for (std::size_t index = 0; index < result.size(); ++index) {
    const auto& full = register_map[index];
    result[index] =
        Row{full.address, full.min,    full.max,    full.initial, full.table, full.field,
            full.type,    full.access, full.repeat, full.shift,   full.stored};
  }
  return result;
}();

}  // namespace bornier::node
