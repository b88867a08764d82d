// SPDX-License-Identifier: Apache-2.0
#include "model/writing.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/diagnostic.hpp"
#include "model/register_words.hpp"
#include "reading/unit.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;

constexpr std::int64_t last_unit_id = 247;
constexpr unsigned slowest_baud = 300;
constexpr unsigned fastest_baud = 4'000'000;

/// A whole number that is not negative, and nothing else.
auto parse_whole(std::string_view text, int base = 10) -> std::optional<std::uint64_t> {
  std::uint64_t value = 0;
  const auto* last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, value, base);
  return fault == std::errc{} && end == last ? std::optional{value} : std::nullopt;
}

/// A model of one register, so that plain registers are encoded as those of a model are.
auto model_of(const Encoding& encoding) -> Model {
  Point point;
  point.name = "value";
  point.quantity =
      reading::find_quantity(is_text(encoding.type) ? "device_name" : "device_setting");
  point.table = wire::Table::holding_register;
  point.encoding = encoding;
  if (!is_text(encoding.type)) {
    point.conversions = {Conversion{{1, 1, 0}, 0, false}};
    point.resolution_floats = is_decimal_float(encoding.type);
  }
  point.units = {reading::find_unit(point.quantity->unit)};
  Model model;
  model.points.push_back(std::move(point));
  return model;
}

auto words_of_bits(std::string_view digits, const Encoding& encoding) -> std::optional<Words> {
  const auto bits = parse_whole(digits, 16);
  const unsigned width = 16U * encoding.registers;
  const bool fits = bits && (width >= 64 || *bits >> width == 0);
  return fits ? std::optional{words_of(*bits, encoding)} : std::nullopt;
}

auto nearest_float(const Decimal& value, const Encoding& encoding) -> std::optional<Words> {
  constexpr reading::Weight one{1, 1, 0};
  if (encoding.type == RegisterType::float64) {
    const auto bits = reading::nearest_float64(value, one);
    return bits ? std::optional{words_of(*bits, encoding)} : std::nullopt;
  }
  const auto bits = reading::nearest_float32(value, one);
  return bits ? std::optional{words_of(std::uint64_t{*bits}, encoding)} : std::nullopt;
}

/// "0 (2400), 1 (4800)".
auto choices(const Point& point) -> std::string {
  std::string text;
  for (const auto& [code, label] : point.labels) {
    text += (text.empty() ? "" : ", ") + std::to_string(code) + " (" + label + ")";
  }
  return text;
}

auto label_of(const Point& point, const Decimal& value) -> const std::string* {
  const auto found = std::ranges::find_if(point.labels, [&value](const auto& each) {
    return compare(value, Decimal{each.first, 0}) == 0;
  });
  return found == point.labels.end() ? nullptr : &found->second;
}

/// Why the number cannot be meant; empty if it can.
auto objection(const Point& point, const Decimal& value) -> std::string {
  if (!point.labels.empty() && label_of(point, value) == nullptr) {
    return "it is one of " + choices(point);
  }
  if (point.least && compare(value, *point.least) < 0) {
    return "the least is " + reading::to_text(*point.least);
  }
  if (point.most && compare(value, *point.most) > 0) {
    return "the most is " + reading::to_text(*point.most);
  }
  const bool is_unit = compare(value, {1, 0}) >= 0 && compare(value, {last_unit_id, 0}) <= 0;
  if (point.access.sets == Sets::unit_id && !is_unit) {
    return "a meter's own unit id is 1 to 247";
  }
  return {};
}

auto with_label(const Point& point, const Decimal& value, std::string text) -> std::string {
  const auto* label = label_of(point, value);
  return label == nullptr ? text : std::move(text) + " (" + *label + ")";
}

}  // namespace

auto name_of(Sets sets) noexcept -> std::string_view {
  switch (sets) {
    case Sets::nothing: return "";
    case Sets::unit_id: return "unit_id";
    case Sets::baud: return "baud";
    case Sets::serial_format: return "serial_format";
  }
  return "";
}

auto words_of_value(std::string_view text, const Encoding& encoding) -> std::optional<Words> {
  PointValue value{std::string{text}};
  if (text.starts_with("0x") && is_whole(encoding.type)) {
    return words_of_bits(text.substr(2), encoding);
  }
  if (!is_text(encoding.type)) {
    const auto number = reading::parse_decimal(text);
    if (!number || is_float(encoding.type)) {
      return number ? nearest_float(*number, encoding) : std::nullopt;
    }
    value = *number;
  }
  const auto model = model_of(encoding);
  const auto words = words_to_write(model, Settings{model}, 0, value, {});
  return words ? std::optional{*words} : std::nullopt;
}

auto find_writable(const Model& model, std::string_view name)
    -> wire::Result<std::size_t, std::string> {
  std::vector<std::string_view> names;
  for (std::size_t index = 0; index < model.points.size(); ++index) {
    const Point& point = model.points[index];
    if (!point.access.writable) {
      continue;
    }
    if (point.name == name || name_of(point.access.sets) == name) {
      return index;
    }
    names.push_back(point.name);
    if (point.access.sets != Sets::nothing) {
      names.push_back(name_of(point.access.sets));
    }
  }
  const auto what = "model \"" + model.id + "\" ";
  if (names.empty()) {
    return what +
           "knows nothing that could be written; name the register: --holding 40001 --value 1";
  }
  if (find_point(model, name)) {
    return what + "does not say that \"" + std::string{name} +
           "\" may be written; `bornier models " + model.id + "` shows what may";
  }
  return what + "has no setting \"" + std::string{name} + "\"" +
         (nearest(name, names) ? did_you_mean(name, names)
                               : "; `bornier models " + model.id + "` shows all");
}

auto parse_written(const Point& point, std::string_view text)
    -> wire::Result<PointValue, Objection> {
  if (is_text(point.encoding.type)) {
    return PointValue{std::string{text}};
  }
  for (const auto& [code, label] : point.labels) {
    if (label == text) {
      return PointValue{Decimal{code, 0}};
    }
  }
  auto number = reading::parse_decimal(text);
  if (point.encoding.type == RegisterType::boolean && (text == "on" || text == "off")) {
    number = Decimal{text == "on" ? 1 : 0, 0};
  }
  const auto what = point.name + " cannot be \"" + std::string{text} + "\": ";
  if (!number) {
    return Objection{what +
                     (point.labels.empty() ? "it is a number" : "it is one of " + choices(point))};
  }
  const auto wrong = objection(point, *number);
  if (!wrong.empty()) {
    return Objection{what + wrong};
  }
  return PointValue{*number};
}

auto words_to_write(const Model& model, const Settings& settings, std::size_t point,
                    const PointValue& value, std::span<const RegisterBlock> beside)
    -> wire::Result<Words, EncodeFault> {
  RegisterImage image;
  for (const RegisterBlock& block : beside) {
    for (std::size_t offset = 0; offset < block.words.size(); ++offset) {
      image.write(block.table, static_cast<std::uint16_t>(block.first + offset),
                  block.words[offset]);
    }
  }
  const auto encoded = encode(model, settings, point, value, image);
  if (!encoded) {
    return encoded.error();
  }
  const Point& target = model.points[point];
  Words words;
  for (std::uint16_t offset = 0; offset < target.encoding.registers; ++offset) {
    words.push_back(image.read(target.table, static_cast<std::uint16_t>(target.address + offset)));
  }
  return words;
}

auto shown(const Model& model, const Settings& settings, const Decoded& decoded) -> std::string {
  auto text = to_text(model, settings, decoded);
  const auto* number = std::get_if<Decimal>(&decoded.value);
  return number == nullptr ? text : with_label(model.points[decoded.point], *number, text);
}

auto shown(const Model& model, const Settings& settings, std::size_t point, const PointValue& value)
    -> std::string {
  Decoded decoded{point, reading::Acquisition::not_available, {}};
  if (const auto* number = std::get_if<Decimal>(&value)) {
    decoded.value = *number;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    decoded.value = *text;
  }
  return shown(model, settings, decoded);
}

auto parse_character_format(std::string_view text) -> std::optional<CharacterFormat> {
  constexpr std::string_view parities = "NEO";
  if (text.size() != 3 || text[0] != '8' || (text[2] != '1' && text[2] != '2')) {
    return std::nullopt;
  }
  const auto parity = parities.find(text[1]);
  if (parity == std::string_view::npos) {
    return std::nullopt;
  }
  return CharacterFormat{static_cast<Parity>(parity), text[2] == '2' ? 2U : 1U};
}

auto parse_baud(std::string_view text) -> std::optional<unsigned> {
  const auto number = parse_whole(text);
  return number && *number >= slowest_baud && *number <= fastest_baud
             ? std::optional{static_cast<unsigned>(*number)}
             : std::nullopt;
}

auto reach_after(const Point& point, const PointValue& value) -> Reach {
  Reach reach;
  const auto* number = std::get_if<Decimal>(&value);
  if (number == nullptr) {
    return reach;
  }
  const auto* label = label_of(point, *number);
  const auto text = label != nullptr ? *label : reading::to_text(*number);
  switch (point.access.sets) {
    case Sets::nothing: break;
    case Sets::unit_id:
      if (const auto unit = parse_whole(text); unit && *unit <= 255) {
        reach.unit_id = static_cast<std::uint8_t>(*unit);
      }
      break;
    case Sets::baud: reach.baud = parse_baud(text); break;
    case Sets::serial_format: reach.format = parse_character_format(text); break;
  }
  return reach;
}

}  // namespace bornier::model
