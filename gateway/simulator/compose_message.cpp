// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "intake/payload_parts.hpp"
#include "model/decode.hpp"
#include "model/register_words.hpp"
#include "reading/rounding.hpp"
#include "simulator/message_template.hpp"

/// MessageTemplate::compose.
namespace bornier::simulator {
namespace {

using model::Conversion;
using model::Point;
using model::PointValue;
using reading::Decimal;
using reading::Stamp;

/// What decode makes of whole × 10^exponent.
auto as_decoded(const Point& point, const Conversion& conversion, reading::Integer whole,
                int exponent) -> std::optional<Decimal> {
  auto weight = conversion.weight;
  weight.exponent = static_cast<std::int16_t>(weight.exponent + exponent);
  auto resolution = conversion.resolution;
  weight = reading::in_powers_of_ten(weight);
  if (point.resolution_floats && reading::is_power_of_ten(weight)) {
    resolution = static_cast<std::int8_t>(weight.exponent);
  }
  const auto value = scale(whole, weight, resolution);
  return value ? std::optional{*value} : std::nullopt;
}

/// To the resolution of the point, where it has one: what a network server adds behind it is 0.
auto rounded(const Point& point, const Conversion& conversion, Decimal value) -> Decimal {
  const auto whole = unscale(value, {1, 1, conversion.resolution});
  const auto found = whole && !point.resolution_floats
                         ? scale(*whole, {1, 1, conversion.resolution}, conversion.resolution)
                         : wire::Result<Decimal, reading::ValueFault>{value};
  return found ? *found : value;
}

/// A number as a payload can have it.
struct OnGrid {
  std::int64_t mantissa{};  ///< of the payload
  Decimal value;            ///< as it is decoded
};

/// The nearest one with so many decimals, or steps of 10^-decimals.
auto on_grid(const Point& point, const Conversion& conversion, Decimal value, int decimals)
    -> std::optional<OnGrid> {
  auto weight = conversion.weight;
  weight.exponent = static_cast<std::int16_t>(weight.exponent - decimals);
  const auto whole = unscale(value, weight);
  if (!whole || whole->magnitude > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  const auto decoded = as_decoded(point, conversion, *whole, -decimals);
  const auto magnitude = static_cast<std::int64_t>(whole->magnitude);
  return decoded ? std::optional{OnGrid{whole->negative ? -magnitude : magnitude, *decoded}}
                 : std::nullopt;
}

auto conversion_with(const model::Model& model, const model::Settings& settings, std::size_t point,
                     std::span<const model::RegisterBlock> blocks) -> std::optional<Conversion> {
  const auto found = conversion_of(model, settings, model.points[point], blocks);
  const auto* conversion = std::get_if<Conversion>(&found);
  return conversion != nullptr ? std::optional{*conversion} : std::nullopt;
}

void write_number(std::span<std::byte> bytes, std::uint64_t bits, bool low_first) {
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    const auto shift = 8 * (low_first ? index : bytes.size() - 1 - index);
    bytes[index] = static_cast<std::byte>(shift < 64 ? (bits >> shift) & 0xFFU : 0U);
  }
}

/// All points of a message that stand in a part, as registers.
class PartImage {
 public:
  PartImage(const model::Model& model, std::size_t message, std::span<std::byte> part)
      : model_{model}, part_{part} {
    for (std::size_t point = 0; point < model.points.size(); ++point) {
      const auto& place = model.places[point];
      const auto bytes = std::ranges::find(place.messages, message) != place.messages.end()
                             ? intake::bytes_in(part, place.place)
                             : std::nullopt;
      if (!bytes) {
        continue;
      }
      const auto& encoding = model.points[point].encoding;
      auto words = intake::words_in(*bytes, place.place, encoding);
      for (std::size_t index = 0; index < words.size(); ++index) {
        image_.write(model.points[point].table, address(point, index), words[index]);
      }
      words_.push_back(std::move(words));
      points_.push_back(point);
    }
    for (std::size_t index = 0; index < points_.size(); ++index) {
      const auto& point = model.points[points_[index]];
      blocks_.push_back({point.table, point.address, words_[index], false});
    }
  }

  [[nodiscard]] auto blocks() const -> std::span<const model::RegisterBlock> { return blocks_; }

  /// False if the bytes cannot hold it; they are as before then.
  auto put(const model::Settings& settings, std::size_t index, const PointValue& value) -> bool {
    const auto& point = model_.points[index];
    const auto& place = model_.places[index].place;
    if (place.width > sizeof(std::uint64_t) || !encode(model_, settings, index, value, image_)) {
      return false;
    }
    std::vector<std::uint16_t> words;
    for (std::size_t word = 0; word < point.encoding.registers; ++word) {
      words.push_back(image_.read(point.table, address(index, word)));
    }
    const auto bytes = part_.subspan(place.byte, place.width);
    const std::vector<std::byte> before{bytes.begin(), bytes.end()};
    const bool is_characters =
        model::is_text(point.encoding.type) && !model::is_packed_date(point.encoding.type);
    write_number(bytes, raw_bits(words, point.encoding), place.low_first && !is_characters);
    // What is narrower than its registers may not hold all of them.
    if (intake::words_in(bytes, place, point.encoding) != words) {
      std::ranges::copy(before, bytes.begin());
      return false;
    }
    return true;
  }

 private:
  [[nodiscard]] auto address(std::size_t point, std::size_t word) const -> std::uint16_t {
    return static_cast<std::uint16_t>(model_.points[point].address + word);
  }

  const model::Model& model_;
  std::span<std::byte> part_;
  model::RegisterImage image_;
  std::vector<std::size_t> points_;
  std::vector<std::vector<std::uint16_t>> words_;
  std::vector<model::RegisterBlock> blocks_;
};

/// How many different whole numbers the place holds, from 0 on; 0: nobody knows.
auto capacity_of(const Point& point, const model::Place& place) -> std::uint64_t {
  if (!model::is_bit_field(point.encoding.type)) {
    return 0;
  }
  const unsigned bits = point.bit_count != 0 ? point.bit_count : place.width * 8U;
  return bits < 63 ? std::uint64_t{1} << bits : 0;
}

}  // namespace

class MessageTemplate::Filler {
 public:
  Filler(const MessageTemplate& made, const Order& order)
      : made_{made}, model_{*made.model_}, settings_{*made.settings_}, order_{order} {
    for (const auto& piece : made.pieces_) {
      written_.emplace_back(std::string_view{made.text_}.substr(
          piece.extent.begin, piece.extent.end - piece.extent.begin));
    }
    bytes_ = made.bytes_;
  }

  auto fill_in() -> ComposedMessage {
    ComposedMessage composed;
    for (const auto& place : made_.times_) {
      put_time(place);
    }
    for (const auto& place : made_.values_) {
      if (auto meant = put_value(place)) {
        composed.meant.push_back({place.message, place.point, time_of(place.moment), *meant});
      }
    }
    put_names();
    composed.topic = topic();
    composed.payload = payload();
    return composed;
  }

 private:
  void put_time(const TimePlace& place) {
    auto time = order_.time;
    if (place.kind == TimePlace::Kind::base) {
      const auto latest = reading::milliseconds_since_1970(time - place.lead);
      time = reading::stamp_at(latest - latest % std::max<std::int64_t>(place.step.count(), 1));
    } else if (place.kind == TimePlace::Kind::element) {
      time -= order_.every * place.ago;
    }
    time = cut_to(place.format, time);
    stamps_.push_back(time);
    if (place.piece) {
      written_[*place.piece] = write_time(place.format, time);
      return;
    }
    const auto milliseconds = reading::milliseconds_since_1970(time);
    const bool is_fine = place.format.notation == model::TimeNotation::milliseconds;
    write_number(std::span{bytes_}.subspan(place.bytes.byte, place.bytes.width),
                 static_cast<std::uint64_t>(is_fine ? milliseconds : milliseconds / 1'000),
                 place.bytes.low_first);
  }

  [[nodiscard]] auto time_of(const Moment& moment) const -> std::optional<Stamp> {
    return moment.place ? std::optional{stamps_[*moment.place] + moment.offset} : std::nullopt;
  }
  [[nodiscard]] auto value_at(std::size_t point, const Moment& moment) const
      -> std::optional<PointValue> {
    return order_.value(point, time_of(moment).value_or(order_.time));
  }

  auto put_value(const ValuePlace& place) -> std::optional<PointValue> {
    if (place.difference) {
      return put_difference(place);
    }
    const auto value = value_at(place.point, place.moment);
    return value ? put(place, *value) : std::nullopt;
  }

  /// The sample is `start` and all differences: its own value is meant.
  auto put_difference(const ValuePlace& place) -> std::optional<PointValue> {
    const auto& difference = *place.difference;
    const auto start = std::ranges::find(made_.values_, difference.start, &ValuePlace::point);
    if (start == made_.values_.end()) {
      return std::nullopt;
    }
    const auto before = start_at(*start, difference.before);
    const auto here = start_at(*start, place.moment);
    auto step = before && here ? sum(*here, *before, true) : std::nullopt;
    if (step && difference.down) {
      step->mantissa = -step->mantissa;
    }
    const auto meant = step ? put(place, *step) : std::nullopt;
    return meant ? std::optional{PointValue{*here}} : std::nullopt;
  }
  [[nodiscard]] auto start_at(const ValuePlace& start, const Moment& moment) const
      -> std::optional<Decimal> {
    const auto value = value_at(start.point, moment);
    const auto* number = value ? std::get_if<Decimal>(&*value) : nullptr;
    const auto conversion = conversion_with(model_, settings_, start.point, {});
    const auto found =
        number != nullptr && conversion
            ? on_grid(model_.points[start.point], *conversion, *number, start.decimals)
            : std::nullopt;
    return found ? std::optional{found->value} : std::nullopt;
  }

  auto put(const ValuePlace& place, const PointValue& value) -> std::optional<PointValue> {
    return place.piece ? put_text(place, value) : put_bytes(place, value);
  }

  auto put_text(const ValuePlace& place, const PointValue& value) -> std::optional<PointValue> {
    const auto& point = model_.points[place.point];
    const auto& piece = made_.pieces_[*place.piece];
    const bool is_json =
        piece.quoted || model_.messages[place.message].format == model::PayloadFormat::json;
    std::string text;
    PointValue meant = value;
    bool needs_quotes = piece.quoted;
    if (const auto* number = std::get_if<Decimal>(&value)) {
      const auto conversion = conversion_with(model_, settings_, place.point, {});
      const auto found = conversion ? on_grid(point, *conversion,
                                              rounded(point, *conversion, *number), place.decimals)
                                    : std::nullopt;
      if (!found) {
        return std::nullopt;
      }
      text = to_text(Decimal{found->mantissa, static_cast<std::int8_t>(-place.decimals)});
      if (const auto label = point.labels.find(found->mantissa);
          place.label && label != point.labels.end()) {
        text = label->second;
        needs_quotes = is_json;
      }
      meant = found->value;
    } else if (const auto* characters = std::get_if<std::string>(&value)) {
      text = *characters;
      needs_quotes = is_json;
    } else {
      text = is_json && !piece.quoted ? "null" : point.conversions.empty() ? "" : "NaN";
    }
    written_[*place.piece] = needs_quotes ? json_string(text) : text;
    return meant;
  }

  auto put_bytes(const ValuePlace& place, PointValue value) -> std::optional<PointValue> {
    PartImage image{model_, place.message, std::span{bytes_}.subspan(place.begin, place.size)};
    if (auto* number = std::get_if<Decimal>(&value)) {
      const auto conversion = conversion_with(model_, settings_, place.point, image.blocks());
      if (!conversion) {
        return std::nullopt;
      }
      const auto found = in_bytes(place, *conversion, *number);
      if (!found) {
        return std::nullopt;
      }
      *number = *found;
    }
    return image.put(settings_, place.point, value) ? std::optional{value} : std::nullopt;
  }

  /// The nearest value that the type has; a counter begins again at 0 where its bytes end.
  [[nodiscard]] auto in_bytes(const ValuePlace& place, const Conversion& conversion,
                              Decimal value) const -> std::optional<Decimal> {
    const auto& point = model_.points[place.point];
    if (model::is_float(point.encoding.type)) {
      const auto whole = unscale(value, {1, 1, conversion.resolution});
      const Conversion rounding{{}, conversion.resolution, false};
      return whole ? as_decoded(point, rounding, *whole, conversion.resolution) : std::nullopt;
    }
    const auto found = on_grid(point, conversion, value, 0);
    const auto capacity = capacity_of(point, model_.places[place.point].place);
    const bool is_counter = point.quantity->kind == reading::Kind::counter;
    if (!found || capacity == 0 || !is_counter || point.offset != 0 || found->mantissa < 0) {
      return found ? std::optional{found->value} : std::nullopt;
    }
    const auto within = static_cast<std::uint64_t>(found->mantissa) % capacity;
    return as_decoded(point, conversion, {within, false}, 0);
  }

  void put_names() {
    for (std::size_t index = 0; index < made_.pieces_.size(); ++index) {
      const auto& piece = made_.pieces_[index];
      if (piece.counts) {
        written_[index] =
            piece.quoted ? json_string(digits_of(order_.number)) : std::to_string(order_.number);
      } else if (!piece.capture.empty()) {
        const auto name = named(piece.capture);
        // A number of the test may be no number with another name.
        const bool is_number = name.find_first_not_of("0123456789") == std::string::npos &&
                               (name.size() == 1 || !name.starts_with('0'));
        written_[index] = piece.quoted || !is_number ? json_string(name) : name;
      }
    }
  }

  /// A text that is another one in each message.
  static auto digits_of(std::uint64_t number) -> std::string {
    std::vector<std::byte> bytes(6);
    write_number(bytes, number, false);
    return text_of_bytes(bytes, model::Coding::base64);
  }

  [[nodiscard]] auto named(const std::string& capture) const -> std::string {
    const auto given = order_.captures.find(capture);
    if (given != order_.captures.end()) {
      return given->second;
    }
    const auto of_test = made_.named_.find(capture);
    return of_test == made_.named_.end() ? std::string{} : of_test->second;
  }

  [[nodiscard]] auto topic() const -> std::string {
    std::string topic;
    for (const auto& level : model_.messages[made_.messages_.front()].topic.levels) {
      topic += '/' + (level.capture ? named(level.text) : level.text);
    }
    return topic.substr(1);
  }

  [[nodiscard]] auto payload() -> std::string {
    if (made_.has_bytes_ && made_.data_) {
      written_[*made_.data_] = json_string(text_of_bytes(bytes_, made_.coding_));
    } else if (made_.has_bytes_) {
      return text_of_bytes(bytes_, made_.coding_);
    }
    std::string payload;
    std::size_t end = 0;
    for (const auto index : made_.order_) {
      const auto extent = made_.pieces_[index].extent;
      payload.append(made_.text_, end, extent.begin - end);
      payload += written_[index];
      end = extent.end;
    }
    return payload + made_.text_.substr(end);
  }

  const MessageTemplate& made_;
  const model::Model& model_;
  const model::Settings& settings_;
  const Order& order_;
  std::vector<std::string> written_;  ///< beside the pieces
  std::vector<std::byte> bytes_;
  std::vector<Stamp> stamps_;  ///< beside the places of times
};

auto MessageTemplate::compose(const Order& order) const -> ComposedMessage {
  return Filler{*this, order}.fill_in();
}

auto MessageTemplate::time_resolution() const -> std::chrono::milliseconds {
  std::chrono::milliseconds coarsest{0};
  for (const auto& place : times_) {
    constexpr std::int64_t second = 1'000;
    const auto cut = cut_to(place.format, reading::stamp_at(second - 1));
    coarsest = std::max(coarsest,
                        std::chrono::milliseconds{second - reading::milliseconds_since_1970(cut)});
  }
  return coarsest;
}

}  // namespace bornier::simulator
