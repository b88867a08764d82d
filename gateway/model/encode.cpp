// SPDX-License-Identifier: Apache-2.0
#include "model/encode.hpp"

#include <array>
#include <vector>

#include "model/register_words.hpp"

namespace bornier::model {
namespace {

using reading::Decimal;
using Words = std::vector<std::uint16_t>;

auto words_in(const RegisterImage& image, const Point& point) -> Words {
  Words words;
  for (std::uint16_t offset = 0; offset < point.encoding.registers; ++offset) {
    words.push_back(image.read(point.table, static_cast<std::uint16_t>(point.address + offset)));
  }
  return words;
}

auto absent(const Point& point) -> wire::Result<Words, EncodeFault> {
  if (!point.absent.empty()) {
    return words_of(point.absent.front(), point.encoding);
  }
  switch (point.encoding.type) {
    case RegisterType::text: return Words(point.encoding.registers);
    case RegisterType::mbus_f: return words_of(std::uint64_t{1} << 7U, point.encoding);
    case RegisterType::float32: return words_of(std::uint64_t{0x7FC0'0000}, point.encoding);
    case RegisterType::float64:
      return words_of(std::uint64_t{0x7FF8'0000'0000'0000}, point.encoding);
    case RegisterType::uint16:
    case RegisterType::int16:
    case RegisterType::uint32:
    case RegisterType::int32:
    case RegisterType::uint64:
    case RegisterType::int64:
    case RegisterType::enum16:
    case RegisterType::bits16:
    case RegisterType::bits32: return EncodeFault::no_sentinel;
  }
  return EncodeFault::no_sentinel;
}

auto text(const Point& point, const std::string& value) -> wire::Result<Words, EncodeFault> {
  if (!point.conversions.empty()) {
    return EncodeFault::wrong_kind;
  }
  if (point.encoding.type == RegisterType::text) {
    auto words = words_of(value, point.encoding);
    return words ? wire::Result<Words, EncodeFault>{*std::move(words)}
                 : EncodeFault::not_representable;
  }
  std::optional<std::uint64_t> bits;
  if (point.encoding.type == RegisterType::mbus_f) {
    bits = mbus_f_of_date(value);
  } else if (const auto parsed = reading::parse_decimal(value)) {
    if (const auto whole = unscale(*parsed, {})) {
      bits = bits_of(*whole, point.encoding);
    }
  }
  if (!bits) {
    return EncodeFault::not_representable;
  }
  return words_of(*bits, point.encoding);
}

auto number(const Model& model, const Settings& settings, const Point& point, Decimal value,
            const RegisterImage& image) -> wire::Result<Words, EncodeFault> {
  if (point.conversions.empty()) {
    return EncodeFault::wrong_kind;
  }
  std::size_t index = point.setting ? settings.choice(*point.setting) : 0;
  if (point.code) {
    const Code& code = model.codes[*point.code];
    const Point& teller = model.points[code.point];
    const auto option = option_of(code, raw_bits(words_in(image, teller), teller.encoding));
    if (!option) {
      return EncodeFault::unknown_code;
    }
    index = index * code.values.size() + *option;
  }
  const Conversion& conversion = point.conversions[index];
  if (conversion.contradicts) {
    return EncodeFault::unknown_code;
  }
  std::optional<std::uint64_t> bits;
  if (point.encoding.type == RegisterType::float32) {
    if (const auto single = nearest_float32(value, conversion.weight)) {
      bits = *single;
    }
  } else if (point.encoding.type == RegisterType::float64) {
    if (const auto wide = nearest_float64(value, conversion.weight)) {
      bits = *wide;
    }
  } else if (const auto whole = unscale(value, conversion.weight)) {
    bits = bits_of(*whole, point.encoding);
  }
  if (!bits) {
    return EncodeFault::not_representable;
  }
  return words_of(*bits, point.encoding);
}

/// Whether the words, beside what is in the image, decode to the value.
auto reads_back(const Model& model, const Settings& settings, std::size_t point,
                const PointValue& value, const RegisterImage& image, const Words& words) -> bool {
  const Point& written = model.points[point];
  std::vector<RegisterBlock> blocks{{written.table, written.address, words}};
  Words told;
  if (written.code) {
    const Point& teller = model.points[model.codes[*written.code].point];
    told = words_in(image, teller);
    blocks.push_back({teller.table, teller.address, told});
  }
  const std::array<std::size_t, 1> points{point};
  const Decoded decoded = decode(model, settings, points, blocks).front();
  if (const auto* digits = std::get_if<Decimal>(&value)) {
    const auto* read = std::get_if<Decimal>(&decoded.value);
    return read != nullptr && compare(*read, *digits) == 0;
  }
  if (const auto* characters = std::get_if<std::string>(&value)) {
    const auto* read = std::get_if<std::string>(&decoded.value);
    return read != nullptr && *read == *characters;
  }
  const auto* state = std::get_if<reading::Acquisition>(&decoded.value);
  return state != nullptr && *state == reading::Acquisition::not_available;
}

}  // namespace

void RegisterImage::write(wire::Table table, std::uint16_t address, std::uint16_t word) {
  words_[{table, address}] = word;
}

auto RegisterImage::read(wire::Table table, std::uint16_t address) const noexcept -> std::uint16_t {
  const auto found = words_.find({table, address});
  return found == words_.end() ? std::uint16_t{0} : found->second;
}

auto to_text(EncodeFault fault) noexcept -> std::string_view {
  switch (fault) {
    case EncodeFault::not_representable: return "no register content reads as this value";
    case EncodeFault::no_sentinel: return "this point cannot say that it is not available";
    case EncodeFault::wrong_kind: return "a text for a number, or a number for a text";
    case EncodeFault::unknown_code: return "the code register says nothing that the model knows";
  }
  return "";
}

auto encode(const Model& model, const Settings& settings, std::size_t point,
            const PointValue& value, RegisterImage& image) -> wire::Result<void, EncodeFault> {
  const Point& target = model.points[point];
  auto words = wire::Result<Words, EncodeFault>{EncodeFault::wrong_kind};
  if (const auto* digits = std::get_if<Decimal>(&value)) {
    words = number(model, settings, target, *digits, image);
  } else if (const auto* characters = std::get_if<std::string>(&value)) {
    words = text(target, *characters);
  } else {
    words = absent(target);
  }
  if (!words) {
    return words.error();
  }
  if (!reads_back(model, settings, point, value, image, *words)) {
    return EncodeFault::not_representable;
  }
  for (std::size_t offset = 0; offset < words->size(); ++offset) {
    image.write(target.table, static_cast<std::uint16_t>(target.address + offset),
                (*words)[offset]);
  }
  return {};
}

}  // namespace bornier::model
