// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/message.hpp"
#include "reading/quantity.hpp"
#include "reading/rounding.hpp"
#include "reading/unit.hpp"
#include "wire/registers.hpp"

/// What a meter model offers. DESIGN.md describes the file; `load.hpp` reads it. A Model is a plain
/// value: everything that decoding needs is resolved when it is loaded.
namespace bornier::model {

enum class RegisterType : std::uint8_t {
  uint16,
  int16,
  uint32,
  int32,
  uint64,
  int64,
  float32,
  float64,
  enum16,
  bits16,
  bits32,
  boolean,       ///< a coil or discrete input: 1 or 0
  bcd16,         ///< four packed decimal digits
  bcd32,         ///< eight
  int16_sm,      ///< the highest bit is the sign, the others are the magnitude
  int32_sm,      ///< the same
  int48_sm,      ///< the same, in three registers
  uint48,        ///< three registers
  base10000,     ///< "base10000:N": each of N registers holds four decimal digits, 0 to 9999
  mant24exp8_u,  ///< power of ten in the high byte (signed), whole number in the other three bytes
  mant24exp8_s,  ///< the same with a number in two's complement
  pf_flags32,    ///< export flag, capacitive flag (a byte each, 00 or FF), 16 bits of magnitude
  text,    ///< "string:N": two characters a register, high byte first, padded with NUL or blanks
  text1,   ///< "string1:N": one character a register, in the low byte
  hex,     ///< "hex:N": what the maker does not explain, shown as hexadecimal digits
  mbus_f,  ///< M-Bus date and time, type F (EN 13757-3, annex A)
  unix32,  ///< clock: seconds since 1970 UTC
  unix64,  ///< the same, in four registers
  bcd48_smhdmy,  ///< clock: second, minute, hour, day, month, year, a byte of two digits each
  written,       ///< no register: digits or text of a message
};

struct Encoding {
  RegisterType type{};
  std::uint16_t registers{1};
  bool low_word_first{};
  bool low_byte_first{};

  friend auto operator==(const Encoding&, const Encoding&) -> bool = default;
};

/// What raw becomes before it is weighted.
enum class Transform : std::uint8_t {
  none,
  /// Four-quadrant power factor: x > 1 is 2 - x, x < -1 is -2 - x.
  fold_quadrants,
};

/// How raw becomes a value under one choice of setting and one code of a code register.
struct Conversion {
  reading::Weight weight;    ///< from raw to the stored unit
  std::int8_t resolution{};  ///< power of ten of the stored value
  bool contradicts{};        ///< the meter tells a unit that cannot become the point's

  friend auto operator==(const Conversion&, const Conversion&) -> bool = default;
};

/// Another point of the same poll that a value is multiplied with.
struct Factor {
  enum class Kind : std::uint8_t { power_of_ten, multiply, divide };
  Kind kind{};
  std::size_t point{};  ///< index into Model::points; has no factors itself

  friend auto operator==(const Factor&, const Factor&) -> bool = default;
};

/// Another point of the same poll that a derived value is the sum of.
struct Part {
  std::size_t point{};  ///< index into Model::points; is not derived itself
  bool negative{};

  friend auto operator==(const Part&, const Part&) -> bool = default;
};

/// What of the meter's reach a point sets: once it is written, the meter may answer elsewhere.
enum class Sets : std::uint8_t {
  nothing,
  unit_id,
  baud,
  serial_format,  ///< parity and stop bits; labels such as "8E1"
};

/// How a point is written. Nothing of it matters to reading, but that a write-only point is none.
struct Access {
  bool writable{};
  bool write_only{};     ///< its register cannot be read
  bool momentary{};      ///< a command: what is written does not stay, so it is not compared
  bool locked{};         ///< Writing::unlock is written first
  bool after_restart{};  ///< the meter may obey only once it has been restarted
  Sets sets{};

  friend auto operator==(const Access&, const Access&) -> bool = default;
};

/// The point is there only while a setting has this choice.
struct Condition {
  std::size_t setting{};  ///< index into Model::settings
  std::size_t choice{};

  friend auto operator==(const Condition&, const Condition&) -> bool = default;
};

struct Point {
  std::string name;
  const reading::Quantity* quantity{};
  reading::Medium medium{};
  std::string phase;                           ///< empty if it has none
  std::uint8_t tariff{};                       ///< 0: total
  std::string obis;                            ///< empty where none is known
  std::map<std::int64_t, std::string> labels;  ///< of a code list or of bit numbers

  wire::Table table{};
  std::uint16_t address{};   ///< as on the wire, from 0
  Encoding encoding;         ///< no registers: derived from `parts`
  std::uint8_t first_bit{};  ///< the field of the register that holds the point
  std::uint8_t bit_count{};  ///< 0: all of it
  bool alone{};              ///< must be read in a request of its own
  Access access;
  /// Points (indexes into Model::points) whose registers decode() needs beside this one's: they
  /// come from the same poll.
  std::vector<std::size_t> together;

  bool billing{};    ///< class billing; always essential too
  bool essential{};  ///< read unless the configuration says otherwise

  std::vector<std::uint64_t>
      absent;  ///< raw words, most significant first, that mean "not available"
  std::vector<std::uint64_t> unsupported;  ///< the same, "this meter lacks it"
  std::int64_t offset{};                   ///< added to the raw whole number
  Transform transform{};
  std::optional<reading::Decimal> least;  ///< plausible values, in the stored unit
  std::optional<reading::Decimal> most;
  /// Of a counter: what it counts from one time that it shows 0 to the next; in the stored unit.
  std::optional<reading::Decimal> rollover;
  std::optional<std::size_t> setting;  ///< index into Model::settings that chooses unit or weight
  std::optional<std::size_t> code;     ///< index into Model::codes that tells unit and weight
  std::optional<std::size_t> word_order;  ///< index into Model::settings that chooses the order
  std::optional<std::size_t> byte_order;  ///< the same
  std::optional<Condition> when;
  /// By choice of `setting` (1 if none), then by code option (1 if none).
  std::vector<Conversion> conversions;
  std::vector<Factor> factors;
  /// The value keeps the places that its factors give it: the resolution of the conversion is the
  /// largest power of ten of the weight only.
  bool resolution_floats{};
  std::vector<Part> parts;
  std::vector<const reading::Unit*> units;  ///< stored unit by choice of `setting`; null for texts

  friend auto operator==(const Point&, const Point&) -> bool = default;
};

/// Something that was set up in the meter or by the installer.
struct Setting {
  std::string name;
  std::string title;
  std::vector<std::string> choices;
  std::size_t
      initial{};  ///< the default, index into `choices`; without meaning if `point` tells it
  std::optional<std::size_t> point{};  ///< whose value tells the choice; nothing: no register does
  std::vector<std::int64_t> values{};  ///< beside `choices`: what the point shows
  std::vector<bool> low_word_first{};  ///< beside `choices`, of points whose order it chooses
  std::vector<bool> low_byte_first{};

  friend auto operator==(const Setting&, const Setting&) -> bool = default;
};

/// A bit field of a register that tells weight and unit of others.
struct Code {
  std::string name;
  std::size_t point{};  ///< whose register holds it
  std::uint8_t first_bit{};
  std::uint8_t last_bit{};            ///< inclusive
  std::vector<std::uint64_t> values;  ///< what the bits may say; index = option of a Conversion

  friend auto operator==(const Code&, const Code&) -> bool = default;
};

/// A span of addresses of one table.
struct AddressRange {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t last{};  ///< inclusive

  friend auto operator==(const AddressRange&, const AddressRange&) -> bool = default;
};

struct Limits {
  std::uint16_t registers_per_request{125};
  bool even{};                       ///< first address and count of a request must be even
  bool holes_readable{};             ///< registers between points may be read along
  std::vector<AddressRange> ranges;  ///< a request lies within one of them; empty: anywhere

  friend auto operator==(const Limits&, const Limits&) -> bool = default;
};

struct Timing {
  std::chrono::milliseconds pause{};  ///< silence before a request
  std::chrono::milliseconds response_timeout{1000};
  unsigned attempts{2};  ///< of one request, the first included
  std::chrono::milliseconds
      sleeps_after{};                   ///< of silence: then the first request is lost; 0: never
  std::chrono::milliseconds refresh{};  ///< a read shows the previous one's data and new data take
                                        ///< this long; 0: always fresh
  std::chrono::milliseconds shortest_period{};  ///< do not poll more often; 0: no limit
  bool answers_exceptions{true};                ///< false: a refused request is silence
  unsigned in_flight{1};                        ///< requests that it takes at once over TCP

  friend auto operator==(const Timing&, const Timing&) -> bool = default;
};

enum class Parity : std::uint8_t { none, even, odd };
struct Serial {
  unsigned baud{9600};
  Parity parity{Parity::none};
  unsigned stop_bits{1};
  std::uint8_t unit_id{1};

  friend auto operator==(const Serial&, const Serial&) -> bool = default;
};

/// The password that opens locked points, and where it is written: a holding register.
struct Unlock {
  std::uint16_t address{};
  Encoding encoding;
  reading::Decimal password;  ///< the maker's default

  friend auto operator==(const Unlock&, const Unlock&) -> bool = default;
};

/// How the meter is written.
struct Writing {
  /// Of registers: 16; or 6, a value of several registers one after the other; 0: 6 for one
  /// register, 16 for several.
  unsigned function{};
  std::string hint;  ///< what a person does at the meter before it takes a value; may be empty
  std::optional<Unlock> unlock;

  friend auto operator==(const Writing&, const Writing&) -> bool = default;
};

/// One of the SunSpec models that a model file reads. Points have their addresses in the layout
/// that the file assumes: the models one behind the other, from 40002 on. Where a device has them,
/// `sunspec.hpp` finds out.
struct SunSpecModel {
  std::uint16_t id{};
  std::uint16_t first{};      ///< of its registers in the file's layout: the id
  std::uint16_t registers{};  ///< as far as its points reach

  friend auto operator==(const SunSpecModel&, const SunSpecModel&) -> bool = default;
};

/// The numbers of the parameters that a meter is to show are written into it; their values then
/// stand in a block, one behind the other. Another master may write another list.
struct ScanList {
  std::uint16_t address{};                ///< of the list: holding registers
  std::vector<std::uint16_t> parameters;  ///< a register each
  AddressRange values;

  friend auto operator==(const ScanList&, const ScanList&) -> bool = default;
};

/// One value of an entry of an EventLog: an unsigned number of one or two registers.
struct EventField {
  std::uint16_t first{};  ///< from the beginning of the entry
  Encoding encoding;
  std::uint8_t first_bit{};
  std::uint8_t bit_count{};  ///< 0: all

  friend auto operator==(const EventField&, const EventField&) -> bool = default;
};

/// The log of events that a meter keeps of its own: the entry of number n stands at place n modulo
/// their count, and numbers wrap after 2^32.
struct EventLog {
  wire::Table table{};
  std::uint16_t address{};    ///< of the first place
  std::uint16_t registers{};  ///< of an entry
  std::uint16_t entries{};
  std::size_t next{};    ///< point: the number that the next event gets
  std::size_t boots{};   ///< point: the number of this boot
  std::size_t uptime{};  ///< point: seconds since it began
  EventField number;
  EventField boot;
  EventField time;  ///< seconds since the boot began
  EventField kind;
  EventField source;
  EventField value;
  /// By "KIND.SOURCE" or "KIND"; `{source}`, `{source+1}` and `{value}` stand for numbers.
  std::map<std::string, std::string> kinds;

  friend auto operator==(const EventLog&, const EventLog&) -> bool = default;
};

/// A register whose content tells that a meter is of this model. It is read in a request of its
/// own, whatever `limits` say.
struct Sign {
  wire::Table table{};
  std::uint16_t address{};
  Encoding encoding;
  /// What it may hold, as plain_value() writes it; of texts a pattern in which `*` stands for any
  /// characters, whatever their case.
  std::vector<std::string> values;

  friend auto operator==(const Sign&, const Sign&) -> bool = default;
};

/// Patterns of what a meter says of itself by Read Device Identification (function 43 / 14). One of
/// each list has to fit; an empty list says nothing.
struct IdentificationPatterns {
  std::vector<std::string> vendor;
  std::vector<std::string> product_code;
  std::vector<std::string> product_name;
  std::vector<std::string> model_name;

  [[nodiscard]] auto empty() const noexcept -> bool {
    return vendor.empty() && product_code.empty() && product_name.empty() && model_name.empty();
  }

  friend auto operator==(const IdentificationPatterns&, const IdentificationPatterns&)
      -> bool = default;
};

/// What tells a meter of this model from others. For SunSpec models their ids do.
struct Detect {
  std::vector<Sign> signs;  ///< all of them have to hold
  IdentificationPatterns identification;

  friend auto operator==(const Detect&, const Detect&) -> bool = default;
};

/// How a meter is spoken with.
enum class Protocol : std::uint8_t { modbus, mqtt };
/// "modbus", "mqtt"
[[nodiscard]] auto to_text(Protocol protocol) noexcept -> std::string_view;

/// Registers as they came from the wire, in a test of a model file.
struct TestRegisters {
  wire::Table table{};
  std::uint16_t first{};
  std::vector<std::uint16_t> words;

  friend auto operator==(const TestRegisters&, const TestRegisters&) -> bool = default;
};

/// A sample that a message must give.
struct ExpectedSample {
  std::string time;  ///< as to_text(Stamp) writes it; empty: any
  std::map<std::string, std::string> points;

  friend auto operator==(const ExpectedSample&, const ExpectedSample&) -> bool = default;
};

/// A message, in a test of a model that speaks MQTT.
struct MessageTest {
  std::string topic;
  std::string payload;
  std::map<std::string, std::string> captures;  ///< filled as a configuration would
  std::string arrived;  ///< as to_text(Stamp) writes it; empty: just after the times in it
  std::vector<ExpectedSample> samples;

  friend auto operator==(const MessageTest&, const MessageTest&) -> bool = default;
};

/// A captured or hand-computed frame and the readings it must give.
struct FrameTest {
  std::string title;
  std::string origin;
  std::map<std::string, std::string> settings;
  std::vector<TestRegisters> registers;
  std::map<std::string, std::string> expected;  ///< point name → as `to_text(Decoded)` writes it
  std::optional<MessageTest> message{};         ///< instead of registers and `expected`

  friend auto operator==(const FrameTest&, const FrameTest&) -> bool = default;
};

struct Model {
  std::string id;
  std::string version;
  std::string manufacturer;
  std::string title;
  reading::Medium medium{};
  std::string confidence;
  std::vector<std::string> sources;
  std::vector<std::string> quirks;
  Protocol protocol{};
  bool primary_values{true};  ///< false: a configured ct/vt ratio applies; true: it is an error
  Limits limits;
  Timing timing;
  Serial serial;
  Writing writing;
  std::vector<SunSpecModel> sunspec;  ///< of a model with relative addresses; otherwise empty
  std::optional<ScanList> scan_list;
  std::optional<EventLog> event_log;
  Detect detect;
  std::vector<Setting> settings;
  std::vector<Code> codes;
  std::vector<Point> points;  ///< in the order of the file
  // The following of models that speak MQTT only.
  std::vector<PointPlace> places;  ///< beside `points`
  std::vector<Message> messages;
  std::vector<Availability> availabilities;
  std::map<std::string, std::string> captures;  ///< what they stand for where nobody says otherwise
  std::chrono::milliseconds silent_after{};     ///< a meter that sends nothing for so long
  std::vector<FrameTest> tests;

  friend auto operator==(const Model&, const Model&) -> bool = default;
};

[[nodiscard]] auto find_point(const Model& model, std::string_view name)
    -> std::optional<std::size_t>;

/// Of a model that speaks MQTT, for people: the messages of a point, and where in them it stands.
[[nodiscard]] auto message_names(const Model& model, std::size_t point) -> std::string;
[[nodiscard]] auto place_text(const Model& model, std::size_t point) -> std::string;

/// The point's value is the choice of a setting.
[[nodiscard]] auto tells_a_setting(const Model& model, std::size_t point) noexcept -> bool;
/// The point has no value without the other one, directly or through what it is made of.
[[nodiscard]] auto needs(const Model& model, std::size_t point, std::size_t other) -> bool;

/// What transformers before the meter multiply of a point.
enum class TransformedBy : std::uint8_t { none, ct, vt, both };
[[nodiscard]] auto transformed_by(const Point& point) noexcept -> TransformedBy;

/// One choice for each of Model::settings.
class Settings {
 public:
  /// Every setting at its default.
  explicit Settings(const Model& model);

  /// False if the model lacks the setting or the choice; nothing changes then.
  [[nodiscard]] auto choose(const Model& model, std::string_view setting, std::string_view choice)
      -> bool;
  [[nodiscard]] auto choice(std::size_t setting) const noexcept -> std::size_t {
    return choices_[setting];
  }
  /// Somebody chose. Of a setting that a register tells: it must show this.
  [[nodiscard]] auto is_chosen(std::size_t setting) const noexcept -> bool {
    return chosen_[setting];
  }

  /// The ratios of the current and voltage transformers before a meter that gives secondary values.
  /// False if their product does not fit; nothing changes then.
  [[nodiscard]] auto set_ratios(const reading::Weight& ct, const reading::Weight& vt) -> bool;
  /// What the point's values are multiplied with for that: current with the one, voltage with the
  /// other, power and energy with both; 1 without transformers, and for all that is no electricity.
  [[nodiscard]] auto ratio(const Point& point) const noexcept -> reading::Weight;

  friend auto operator==(const Settings&, const Settings&) -> bool = default;

 private:
  std::vector<std::size_t> choices_;
  std::vector<bool> chosen_;
  reading::Weight ct_;
  reading::Weight vt_;
  reading::Weight product_;
};

/// A limit of the point as the meter knows it, as a value after the transformers; nothing if it
/// does not fit.
[[nodiscard]] auto primary_limit(const Point& point, const Settings& settings,
                                 reading::Decimal limit) -> std::optional<reading::Decimal>;

/// Unit of the point's values under these settings: UCUM; empty for texts.
[[nodiscard]] auto unit_of(const Point& point, const Settings& settings) noexcept
    -> std::string_view;

}  // namespace bornier::model
