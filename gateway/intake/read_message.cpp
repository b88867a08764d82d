// SPDX-License-Identifier: Apache-2.0
#include "intake/read_message.hpp"

#include <algorithm>
#include <deque>

#include "intake/coding.hpp"
#include "intake/json.hpp"
#include "intake/number.hpp"
#include "intake/payload_parts.hpp"
#include "intake/time.hpp"
#include "reading/utf8.hpp"

namespace bornier::intake {
namespace {

using model::Captures;
using model::Message;
using model::PayloadFormat;
using model::Place;
using model::Requirement;
using reading::Acquisition;
using reading::Decimal;
using reading::Stamp;

/// What a message is, taken apart as far as its format goes. Looks into the payload.
struct Opened {
  std::optional<Json> json;
  std::vector<std::byte> decoded;  ///< of bytes written in text
  Bytes bytes;
  std::string_view text;
};

/// A part of a message that may hold points: all of it, or one element.
struct Part {
  std::optional<Json::Value> json;
  Bytes bytes;
  std::string_view text;
};

auto find_first(const Json::Value& value, const std::vector<model::JsonPointer>& pointers)
    -> std::optional<Json::Value> {
  for (const auto& pointer : pointers) {
    if (auto found = value.find(pointer)) {
      return found;
    }
  }
  return std::nullopt;
}

/// Nobody counts, or measures, true and false.
auto is_code(const reading::Quantity& quantity) -> bool {
  return quantity.kind == reading::Kind::state || quantity.kind == reading::Kind::config;
}

class Reader {
 public:
  Reader(const Subject& subject, std::size_t message, const Captures& captures)
      : subject_{subject},
        index_{message},
        message_{subject.model.messages[message]},
        captures_{captures} {}

  auto read(Bytes payload) -> wire::Result<std::optional<Content>, Fault> {
    auto opened = open(payload);
    if (!opened) {
      return opened.error();
    }
    if (!all_hold(message_.where,
                  opened->json ? std::optional{opened->json->root()} : std::nullopt)) {
      return std::optional<Content>{};
    }
    if (const auto fault = decode_bytes(*opened)) {
      return *fault;
    }
    if (!has_shape(opened->bytes)) {
      return std::optional<Content>{};
    }
    name_message(*opened);
    const Part whole{opened->json ? std::optional{opened->json->root()} : std::nullopt,
                     opened->bytes, opened->text};
    const auto time = message_.time ? time_in(whole, *message_.time) : std::nullopt;
    if (message_.each) {
      if (const auto fault = read_elements(whole, time)) {
        return *fault;
      }
    } else if (!read_whole(whole, time)) {
      return std::optional<Content>{};
    }
    return std::optional{std::move(content_)};
  }

 private:
  /// Of the payload itself.
  [[nodiscard]] auto outer_format() const -> PayloadFormat {
    return message_.data ? PayloadFormat::json : message_.format;
  }

  auto open(Bytes payload) const -> wire::Result<Opened, Fault> {
    Opened opened;
    if (payload.size() > max_payload_bytes) {
      return Fault::too_large;
    }
    if (outer_format() == PayloadFormat::json) {
      auto json = Json::parse(payload);
      if (!json) {
        return json.error();
      }
      opened.json = *std::move(json);
    } else if (outer_format() != PayloadFormat::bytes) {
      opened.text = as_text(payload);
      if (!reading::is_utf8(opened.text)) {
        return Fault::not_utf8;
      }
    }
    opened.bytes = payload;
    return opened;
  }

  /// Bytes that are written as digits.
  auto decode_bytes(Opened& opened) const -> std::optional<Fault> {
    if (message_.format != PayloadFormat::bytes || message_.coding == model::Coding::none) {
      return std::nullopt;
    }
    std::string_view text = as_text(opened.bytes);
    if (opened.json) {
      const auto data = opened.json->root().find(*message_.data);
      if (!data || data->kind() != Json::Kind::text) {
        return Fault::place_missing;
      }
      text = data->text();
    }
    auto bytes = bytes_of(trimmed(text), message_.coding);
    if (!bytes) {
      return Fault::not_coded;
    }
    opened.decoded = *std::move(bytes);
    opened.bytes = opened.decoded;
    return std::nullopt;
  }

  [[nodiscard]] auto has_shape(Bytes bytes) const -> bool {
    if (message_.length != 0 && bytes.size() != message_.length) {
      return false;
    }
    const auto& begins = message_.begins;
    return bytes.size() >= begins.size() &&
           std::ranges::equal(
               begins, bytes.first(begins.size()),
               [](const auto& wanted, std::byte byte) { return !wanted || *wanted == byte; });
  }

  void name_message(const Opened& opened) {
    if (message_.identity.empty()) {
      return;
    }
    content_.identity = message_.name;
    for (const auto& pointer : message_.identity) {
      const auto found = opened.json->root().find(pointer);
      if (!found) {
        // What is left would be the same for all: The Things Stack leaves out a counter of 0.
        content_.identity.clear();
        return;
      }
      content_.identity += '\n';
      content_.identity += found->text();
    }
  }

  [[nodiscard]] auto value_of(std::string_view capture) const -> const std::string* {
    if (const auto* found = model::find_capture(captures_, capture)) {
      return found;
    }
    const auto filled = subject_.captures.find(std::string{capture});
    return filled == subject_.captures.end() ? nullptr : &filled->second;
  }

  [[nodiscard]] auto is_one_of(std::string_view text, const Requirement& requirement) const
      -> bool {
    return std::ranges::any_of(requirement.values, [&](const std::string& value) {
      const bool is_capture = value.size() > 2 && value.front() == '{' && value.back() == '}';
      if (!is_capture) {
        return value == text;
      }
      const auto* named = value_of(std::string_view{value}.substr(1, value.size() - 2));
      return named == nullptr || *named == text;
    });
  }

  [[nodiscard]] auto all_hold(const std::vector<Requirement>& requirements,
                              const std::optional<Json::Value>& json) const -> bool {
    return std::ranges::all_of(requirements, [&](const Requirement& requirement) {
      if (!requirement.capture.empty()) {
        const auto* found = value_of(requirement.capture);
        return found != nullptr && is_one_of(*found, requirement);
      }
      const auto found = json ? json->find(requirement.pointer) : std::nullopt;
      return found && found->is_scalar() && is_one_of(found->text(), requirement);
    });
  }

  void complain(std::string text) {
    if (content_.complaint.empty()) {
      content_.complaint = std::move(text);
    }
  }

  auto time_in(const Part& part, const model::TimeSource& source) -> std::optional<Stamp> {
    std::string digits;
    if (!source.place.pointers.empty()) {
      const auto found = part.json ? find_first(*part.json, source.place.pointers) : std::nullopt;
      digits = found ? found->text() : std::string_view{};
    } else if (message_.format == PayloadFormat::fields) {
      digits = field_in(part.text, source.place, message_.separator).value_or("");
    } else if (const auto bytes = bytes_in(part.bytes, source.place);
               bytes && bytes->size() <= sizeof(std::uint64_t)) {
      digits = std::to_string(number_in(*bytes, source.place.low_first));
    }
    auto time = parse_time(digits, source);
    if (!time && (!digits.empty() || source.needed)) {
      ++content_.unusable_times;
      complain("\"" + shortened(digits) + "\" is no time that the model can tell");
    }
    return time;
  }

  static auto shortened(std::string_view text) -> std::string {
    constexpr std::size_t longest = 40;
    if (text.size() <= longest) {
      return std::string{text};
    }
    auto end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      --end;  // within a character
    }
    return std::string{text.substr(0, end)} + "…";
  }

  /// False if the message lacks the root: devices send other things on a topic too.
  auto read_whole(Part part, std::optional<Stamp> time) -> bool {
    if (message_.format == PayloadFormat::json) {
      part.json = part.json->find(message_.root);
      if (!part.json) {
        return false;
      }
    }
    const bool is_timeless = message_.time && message_.time->needed && !time;
    if (auto sample = is_timeless ? std::nullopt : sample_in(part, time)) {
      content_.samples.push_back(*std::move(sample));
    }
    return true;
  }

  auto read_elements(const Part& whole, std::optional<Stamp> base) -> std::optional<Fault> {
    const auto& each = *message_.each;
    if (each.base) {
      base = time_in(whole, *each.base);
    }
    auto totals = starts_in(whole);
    const auto parts = elements_of(whole);
    if (!parts) {
      return parts.error();
    }
    std::int64_t index = 0;
    for (const Part& part : *parts) {
      auto time = each.time ? time_in(part, *each.time) : base;
      if (!each.time && time) {
        *time += each.first + each.step * index;
      }
      auto sample = time ? sample_in(part, time) : std::nullopt;
      if (sample) {
        accumulate(*sample, totals);
        content_.samples.push_back(*std::move(sample));
      }
      ++index;
    }
    return std::nullopt;
  }

  /// What the differences of elements are added to; nothing where the message lacks it.
  auto starts_in(const Part& whole) -> std::vector<std::optional<Decimal>> {
    std::vector<std::optional<Decimal>> starts;
    for (const auto& accumulation : message_.each->accumulations) {
      forget_part();
      Part part = whole;
      if (message_.format == PayloadFormat::json) {
        part.json = whole.json->find(message_.root);
      }
      const bool is_here = message_.format != PayloadFormat::json || part.json;
      std::optional<Decimal> start;
      if (is_here && take(part, accumulation.start)) {
        const auto decoded = decode(subject_.model, subject_.settings,
                                    std::span{&accumulation.start, 1}, blocks_, written_);
        const auto* value = std::get_if<Decimal>(&decoded.front().value);
        start = value != nullptr ? std::optional{*value} : std::nullopt;
      }
      starts.push_back(start);
    }
    return starts;
  }

  /// From the first difference that is not known on, no sum is.
  void accumulate(Sample& sample, std::vector<std::optional<Decimal>>& totals) const {
    for (std::size_t index = 0; index < totals.size(); ++index) {
      const auto& accumulation = message_.each->accumulations[index];
      auto& total = totals[index];
      const auto found =
          std::ranges::find(sample.points, accumulation.point, &model::Decoded::point);
      if (found == sample.points.end()) {
        total.reset();
        continue;
      }
      const auto* difference = std::get_if<Decimal>(&found->value);
      total = total && difference != nullptr ? reading::sum(*total, *difference, accumulation.down)
                                             : std::nullopt;
      found->value = total ? std::variant<Decimal, std::string, Acquisition>{*total}
                           : Acquisition::not_available;
    }
  }

  void forget_part() {
    written_.clear();
    blocks_.clear();
    words_.clear();
  }

  auto elements_of(const Part& whole) const -> wire::Result<std::vector<Part>, Fault> {
    const auto& each = *message_.each;
    std::vector<Part> parts;
    if (message_.format == PayloadFormat::json) {
      const auto array = whole.json->find(each.in);
      if (!array || array->kind() != Json::Kind::array) {
        return Fault::place_missing;
      }
      for (const auto& element : array->children()) {
        parts.push_back({element, {}, {}});
      }
    } else {
      const std::size_t most = each.count == 0 ? whole.bytes.size() : each.count;
      for (std::size_t begin = each.byte;
           parts.size() < most && begin + each.stride <= whole.bytes.size(); begin += each.stride) {
        parts.push_back({std::nullopt, whole.bytes.subspan(begin, each.stride), {}});
      }
    }
    if (parts.size() > max_samples) {
      return Fault::too_many_samples;
    }
    return parts;
  }

  /// Everything that the part has for points of the model, then the wanted ones of it.
  auto sample_in(const Part& part, std::optional<Stamp> time) -> std::optional<Sample> {
    const auto& model = subject_.model;
    forget_part();
    std::vector<std::size_t> present;
    for (std::size_t point = 0; point < model.points.size(); ++point) {
      const auto& place = model.places[point];
      const bool is_here = std::ranges::find(place.messages, index_) != place.messages.end() &&
                           all_hold(place.where, part.json) && take(part, point);
      if (is_here) {
        present.push_back(point);
      }
    }
    if (present.empty()) {
      return std::nullopt;
    }
    std::vector<std::size_t> wanted;
    for (const auto point : subject_.points) {
      if (std::ranges::binary_search(present, point) || !model.points[point].parts.empty()) {
        wanted.push_back(point);
      }
    }
    Sample sample{time, decode(model, subject_.settings, wanted, blocks_, written_)};
    std::erase_if(sample.points, [](const model::Decoded& decoded) {
      const auto* reason = std::get_if<Acquisition>(&decoded.value);
      return reason != nullptr && *reason == Acquisition::not_polled_yet;
    });
    return sample.points.empty() ? std::nullopt : std::optional{std::move(sample)};
  }

  /// What the part has for the point; false if nothing.
  auto take(const Part& part, std::size_t point) -> bool {
    const auto& place = subject_.model.places[point].place;
    const auto& encoding = subject_.model.points[point].encoding;
    if (message_.format == PayloadFormat::bytes) {
      const auto bytes = bytes_in(part.bytes, place);
      if (!bytes) {
        return false;
      }
      words_.push_back(words_in(*bytes, place, encoding));
      blocks_.push_back({subject_.model.points[point].table, subject_.model.points[point].address,
                         words_.back(), false});
      return true;
    }
    if (message_.format == PayloadFormat::json) {
      const auto found = find_first(*part.json, place.pointers);
      if (!found || !found->is_scalar()) {
        return false;
      }
      written_.push_back(value_in(point, *found));
      return true;
    }
    const auto text = message_.format == PayloadFormat::plain
                          ? std::optional{trimmed(part.text)}
                          : field_in(part.text, place, message_.separator);
    if (!text) {
      return false;
    }
    written_.push_back(value_in(point, *text));
    return true;
  }

  auto value_in(std::size_t point, const Json::Value& found) -> model::Written {
    if (found.kind() == Json::Kind::null) {
      return {point, Acquisition::not_available};
    }
    auto text = found.text();
    const bool is_name = subject_.model.points[point].conversions.empty();
    if (is_name && found.kind() == Json::Kind::number && text.ends_with(".0")) {
      text.remove_suffix(2);  // network servers that know binary fractions only
    }
    return value_in(point, text);
  }

  auto value_in(std::size_t index, std::string_view text) -> model::Written {
    const auto& point = subject_.model.points[index];
    const auto& absent = subject_.model.places[index].absent;
    if (std::ranges::find(absent, text) != absent.end()) {
      return {index, Acquisition::not_available};
    }
    if (point.conversions.empty()) {
      if (text.size() > max_text_bytes) {
        return {index, Acquisition::out_of_range};
      }
      return {index,
              text.empty()
                  ? std::variant<Decimal, std::string, Acquisition>{Acquisition::not_available}
                  : std::string{text}};
    }
    for (const auto& [code, label] : point.labels) {
      if (label == text) {
        return {index, Decimal{code, 0}};
      }
    }
    if (is_code(*point.quantity) && (text == "true" || text == "false")) {
      return {index, Decimal{text == "true" ? 1 : 0, 0}};
    }
    const auto number = read_number(text);
    if (!number) {
      ++content_.unusable_values;
      complain(point.name + ": \"" + shortened(text) + "\" is no number");
      return {index, Acquisition::out_of_range};
    }
    if (const auto* digits = std::get_if<Digits>(&*number)) {
      return {index, digits->value, digits->cut};
    }
    return {index, std::get<Acquisition>(*number)};
  }

  const Subject& subject_;
  std::size_t index_;
  const Message& message_;
  const Captures& captures_;
  Content content_;
  // Of the sample under way.
  std::vector<model::Written> written_;
  std::vector<model::RegisterBlock> blocks_;
  std::deque<std::vector<std::uint16_t>> words_;
};

}  // namespace

auto read_message(const Subject& subject, std::size_t message, const Captures& captures,
                  std::span<const std::byte> payload)
    -> wire::Result<std::optional<Content>, Fault> {
  return Reader{subject, message, captures}.read(payload);
}

}  // namespace bornier::intake
