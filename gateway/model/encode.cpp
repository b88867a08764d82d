// SPDX-License-Identifier: Apache-2.0
#include "model/encode.hpp"

#include <array>
#include <deque>
#include <limits>
#include <vector>

#include "model/register_texts.hpp"
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

/// What decoding the point needs, as it stands in an image.
class ImageBlocks {
 public:
  ImageBlocks(const Model& model, const Point& point, const RegisterImage& image) {
    take(model, point, image);
  }

  /// `words` take the place of the point's own.
  void put(const Point& point, const Words& words) {
    blocks_.insert(blocks_.begin(), {point.table, point.address, words});
  }
  [[nodiscard]] auto blocks() const -> std::span<const RegisterBlock> { return blocks_; }

 private:
  void take(const Model& model, const Point& point, const RegisterImage& image) {
    if (point.encoding.registers > 0) {
      words_.push_back(words_in(image, point));
      blocks_.push_back({point.table, point.address, words_.back()});
    }
    for (const std::size_t other : point.together) {
      take(model, model.points[other], image);
    }
  }

  std::deque<Words> words_;
  std::vector<RegisterBlock> blocks_;
};

/// The words of a point of which `bits` are the field.
auto words_with(const Point& point, std::uint64_t bits, const RegisterImage& image) -> Words {
  if (point.bit_count == 0) {
    return words_of(bits, point.encoding);
  }
  const std::uint64_t field = (~std::uint64_t{0} >> (64U - point.bit_count)) << point.first_bit;
  const std::uint64_t others = raw_bits(words_in(image, point), point.encoding) & ~field;
  return words_of(others | (bits << point.first_bit), point.encoding);
}

auto absent(const Point& point, const RegisterImage& image) -> wire::Result<Words, EncodeFault> {
  if (!point.absent.empty()) {
    return words_with(point, point.absent.front(), image);
  }
  switch (point.encoding.type) {
    case RegisterType::text:
    case RegisterType::text1:
    case RegisterType::unix32:
    case RegisterType::unix64:
    case RegisterType::bcd48_smhdmy: return Words(point.encoding.registers);
    case RegisterType::mbus_f: return words_of(std::uint64_t{1} << 7U, point.encoding);
    case RegisterType::float32: return words_of(std::uint64_t{0x7FC0'0000}, point.encoding);
    case RegisterType::float64:
      return words_of(std::uint64_t{0x7FF8'0000'0000'0000}, point.encoding);
    default: return EncodeFault::no_sentinel;
  }
}

/// The bits of the register number whose value, without the offset, is value / weight.
auto bits_of_number(const Point& point, Decimal value, reading::Weight weight)
    -> std::optional<std::uint64_t> {
  RegisterNumber number;
  if (is_decimal_float(point.encoding.type) && is_power_of_ten(weight)) {
    number.whole = reading::integer(value.mantissa);
    number.exponent = static_cast<std::int8_t>(value.exponent - weight.exponent);
  } else {
    const auto whole = unscale(value, weight);
    const auto limit = reading::integer(std::numeric_limits<std::int64_t>::max()).magnitude;
    if (!whole || (point.offset != 0 && whole->magnitude > limit / 2)) {
      return std::nullopt;
    }
    number.whole = *whole;
    if (point.offset != 0) {
      const auto magnitude = static_cast<std::int64_t>(whole->magnitude);
      number.whole = reading::integer((whole->negative ? -magnitude : magnitude) - point.offset);
    }
  }
  const auto bits = bits_of(number, point.encoding);
  const bool fits =
      point.bit_count == 0 || point.bit_count == 64 || !bits || *bits >> point.bit_count == 0;
  return fits ? bits : std::nullopt;
}

auto text(const Point& point, const std::string& value, const RegisterImage& image)
    -> wire::Result<Words, EncodeFault> {
  if (!point.conversions.empty() || !point.parts.empty()) {
    return EncodeFault::wrong_kind;
  }
  std::optional<Words> words;
  if (is_text(point.encoding.type)) {
    words = words_of(value, point.encoding);
  } else if (const auto parsed = reading::parse_decimal(value)) {
    if (const auto bits = bits_of_number(point, *parsed, {})) {
      words = words_with(point, *bits, image);
    }
  }
  return words ? wire::Result<Words, EncodeFault>{*std::move(words)}
               : EncodeFault::not_representable;
}

auto number(const Model& model, const Settings& settings, const Point& point, Decimal value,
            const RegisterImage& image) -> wire::Result<Words, EncodeFault> {
  if (!point.parts.empty()) {
    return EncodeFault::derived;
  }
  if (point.conversions.empty()) {
    return EncodeFault::wrong_kind;
  }
  const ImageBlocks beside{model, point, image};
  const auto found = conversion_of(model, settings, point, beside.blocks());
  const auto* conversion = std::get_if<Conversion>(&found);
  if (conversion == nullptr) {
    return EncodeFault::unknown_code;
  }
  std::optional<std::uint64_t> bits;
  if (point.encoding.type == RegisterType::float32) {
    if (const auto single = nearest_float32(value, conversion->weight)) {
      bits = *single;
    }
  } else if (point.encoding.type == RegisterType::float64) {
    if (const auto wide = nearest_float64(value, conversion->weight)) {
      bits = *wide;
    }
  } else {
    bits = bits_of_number(point, value, conversion->weight);
  }
  if (!bits) {
    return EncodeFault::not_representable;
  }
  return words_with(point, *bits, image);
}

/// In the order that the settings, or what the image holds of them, say.
auto ordered_encoding(const Model& model, const Settings& settings, const Point& point,
                      const RegisterImage& image) -> std::optional<Encoding> {
  auto encoding = encoding_of(model, settings, point, {});
  if (!std::holds_alternative<Encoding>(encoding)) {
    const ImageBlocks beside{model, point, image};
    encoding = encoding_of(model, settings, point, beside.blocks());
  }
  const auto* found = std::get_if<Encoding>(&encoding);
  return found != nullptr ? std::optional{*found} : std::nullopt;
}

/// Whether the words, beside what is in the image, decode to the value.
auto reads_back(const Model& model, const Settings& settings, std::size_t point,
                const PointValue& value, const RegisterImage& image, const Words& words) -> bool {
  const Point& written = model.points[point];
  ImageBlocks all{model, written, image};
  all.put(written, words);
  const std::array<std::size_t, 1> points{point};
  const Decoded decoded = decode(model, settings, points, all.blocks()).front();
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
    case EncodeFault::unknown_code:
      return "the register that scales this point says nothing that the model knows";
    case EncodeFault::derived: return "this point is made of others; set those";
  }
  return "";
}

auto encode(const Model& model, const Settings& settings, std::size_t point,
            const PointValue& value, RegisterImage& image) -> wire::Result<void, EncodeFault> {
  const auto encoding = ordered_encoding(model, settings, model.points[point], image);
  if (!encoding) {
    return EncodeFault::unknown_code;
  }
  std::optional<Point> turned;
  if (encoding->low_word_first != model.points[point].encoding.low_word_first ||
      encoding->low_byte_first != model.points[point].encoding.low_byte_first) {
    turned = model.points[point];
    turned->encoding = *encoding;
  }
  const Point& target = turned ? *turned : model.points[point];
  auto words = wire::Result<Words, EncodeFault>{EncodeFault::wrong_kind};
  if (const auto* digits = std::get_if<Decimal>(&value)) {
    words = number(model, settings, target, *digits, image);
  } else if (const auto* characters = std::get_if<std::string>(&value)) {
    words = text(target, *characters, image);
  } else {
    words = absent(target, image);
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
