// SPDX-License-Identifier: Apache-2.0
#include "simulator/message_template.hpp"

#include <algorithm>
#include <numeric>

#include "intake/coding.hpp"
#include "intake/json.hpp"
#include "intake/payload_parts.hpp"
#include "intake/read_message.hpp"
#include "intake/time.hpp"

namespace bornier::simulator {
namespace {

using intake::Json;
using model::JsonPointer;
using model::Message;
using model::PayloadFormat;
using std::chrono::milliseconds;

auto joined(JsonPointer left, const JsonPointer& right) -> JsonPointer {
  left.tokens.insert(left.tokens.end(), right.tokens.begin(), right.tokens.end());
  return left;
}

/// The pointer of those that leads to a scalar.
auto first_scalar(const Json& json, const JsonPointer& part,
                  const std::vector<JsonPointer>& pointers) -> std::optional<JsonPointer> {
  for (const auto& pointer : pointers) {
    auto whole = joined(part, pointer);
    if (const auto found = json.root().find(whole)) {
      return found->is_scalar() ? std::optional{std::move(whole)} : std::nullopt;
    }
  }
  return std::nullopt;
}

/// A part of a message that holds points: all of it or an element.
struct PartPlace {
  JsonPointer pointer;
  std::size_t begin{};  ///< bytes
  std::size_t size{};
};

/// "{name}" → "name".
auto capture_in(const std::string& value) -> std::optional<std::string> {
  const bool is_capture = value.size() > 2 && value.front() == '{' && value.back() == '}';
  return is_capture ? std::optional{value.substr(1, value.size() - 2)} : std::nullopt;
}

}  // namespace

/// Takes a test apart.
class MessageTemplate::Builder {
 public:
  Builder(MessageTemplate& made, const model::MessageTest& test)
      : made_{made}, model_{*made.model_}, test_{test} {}

  auto build() -> std::optional<std::string> {
    captures_ = model_.captures;
    for (const auto& [name, value] : test_.captures) {
      captures_.insert_or_assign(name, value);
    }
    made_.text_ = test_.payload;
    std::string objection = "its topic is none of the model's";
    for (std::size_t index = 0; index < model_.messages.size(); ++index) {
      const auto topic = fill(model_.messages[index].topic, captures_);
      if (const auto named = match(topic, test_.topic)) {
        objection = take_message(index, *named).value_or(std::move(objection));
      }
    }
    if (made_.messages_.empty()) {
      return objection;
    }
    made_.order_.resize(made_.pieces_.size());
    std::iota(made_.order_.begin(), made_.order_.end(), std::size_t{0});
    std::ranges::sort(made_.order_, {},
                      [this](std::size_t piece) { return made_.pieces_[piece].extent.begin; });
    return std::nullopt;
  }

 private:
  /// Or why nothing is taken from it.
  auto take_message(std::size_t index, const model::Captures& named) -> std::optional<std::string> {
    std::vector<std::size_t> all(model_.points.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const intake::Subject subject{model_, *made_.settings_, all, captures_};
    const auto payload = std::as_bytes(std::span{test_.payload});
    const auto content = read_message(subject, index, named, payload);
    if (!content) {
      return std::string{to_text(content.error())};
    }
    if (!content->has_value() || (*content)->samples.empty()) {
      return "it gives no reading";
    }
    auto captures = captures_;
    captures.insert(named.begin(), named.end());
    std::vector<std::size_t> present;
    for (const auto& sample : (*content)->samples) {
      for (const auto& decoded : sample.points) {
        const bool is_value = !std::holds_alternative<reading::Acquisition>(decoded.value);
        if (is_value && model_.points[decoded.point].parts.empty()) {
          present.push_back(decoded.point);
        }
      }
    }
    std::ranges::sort(present);
    present.erase(std::unique(present.begin(), present.end()), present.end());
    if (present.empty()) {
      return "it has no value";
    }
    made_.messages_.push_back(index);
    made_.named_.insert(captures.begin(), captures.end());
    open(model_.messages[index]);
    take_names(model_.messages[index].where, {});
    take_counters(model_.messages[index]);
    for (const auto point : present) {
      made_.contents_.emplace_back(index, point);
    }
    take_parts(index, present);
    return std::nullopt;
  }

  void open(const Message& message) {
    if (message.format == PayloadFormat::json || message.data) {
      if (auto json = Json::parse(std::as_bytes(std::span{made_.text_}))) {
        json_ = *std::move(json);
      }
    }
    if (message.format != PayloadFormat::bytes || made_.has_bytes_) {
      return;
    }
    made_.has_bytes_ = true;
    made_.coding_ = message.coding;
    std::string_view digits = made_.text_;
    if (message.data && json_) {
      digits = json_->root().find(*message.data)->text();
      made_.data_ = piece_at(extent_in_json(made_.text_, *message.data));
    }
    if (message.coding == model::Coding::none) {
      const auto bytes = std::as_bytes(std::span{made_.text_});
      made_.bytes_.assign(bytes.begin(), bytes.end());
    } else {
      made_.bytes_ = intake::bytes_of(intake::trimmed(digits), message.coding).value();
    }
  }

  auto piece_at(const std::optional<Extent>& extent) -> std::optional<std::size_t> {
    if (!extent) {
      return std::nullopt;
    }
    const auto found = std::ranges::find(made_.pieces_, *extent, &Piece::extent);
    if (found != made_.pieces_.end()) {
      return static_cast<std::size_t>(found - made_.pieces_.begin());
    }
    Piece piece;
    piece.extent = *extent;
    piece.quoted = json_ && made_.text_[extent->begin] == '"';
    made_.pieces_.push_back(std::move(piece));
    return made_.pieces_.size() - 1;
  }

  [[nodiscard]] auto written_at(std::size_t piece) const -> std::string_view {
    const auto extent = made_.pieces_[piece].extent;
    return std::string_view{made_.text_}.substr(extent.begin, extent.end - extent.begin);
  }
  [[nodiscard]] auto unquoted_at(std::size_t piece) const -> std::string_view {
    auto text = written_at(piece);
    if (made_.pieces_[piece].quoted) {
      text = text.substr(1, text.size() - 2);
    }
    return text;
  }

  /// What has to be the name of the meter.
  void take_names(const std::vector<model::Requirement>& requirements, const JsonPointer& part) {
    for (const auto& requirement : requirements) {
      const auto at = joined(part, requirement.pointer);
      if (!requirement.capture.empty() || !json_ || !json_->root().find(at)) {
        continue;
      }
      for (const auto& value : requirement.values) {
        const auto name = capture_in(value);
        const auto named = name ? made_.named_.find(*name) : made_.named_.end();
        if (named != made_.named_.end() && json_->root().find(at)->text() == named->second) {
          if (const auto piece = piece_at(extent_in_json(made_.text_, at))) {
            made_.pieces_[*piece].capture = *name;
          }
        }
      }
    }
  }

  /// What names the message has to be another in each: numbers count. Without any, the text that
  /// comes last does, unless values stand in it.
  void take_counters(const Message& message) {
    std::optional<std::size_t> text;
    bool counted = false;
    for (const auto& pointer : message.identity) {
      const auto found = json_ ? json_->root().find(pointer) : std::nullopt;
      if (!found || !found->is_scalar()) {
        continue;
      }
      const auto piece = *piece_at(extent_in_json(made_.text_, pointer));
      if (found->kind() == Json::Kind::number && decimals_of(found->text()) == 0) {
        made_.pieces_[piece].counts = true;
        counted = true;
      } else if (found->kind() == Json::Kind::text) {
        text = piece;
      }
    }
    made_.counts_ = made_.counts_ || counted;
    if (!counted && text && text != made_.data_) {
      made_.pieces_[*text].counts = true;
    }
  }

  auto parts_of(const Message& message) const -> std::vector<PartPlace> {
    if (!message.each) {
      return {{message.root, 0, made_.bytes_.size()}};
    }
    const auto& each = *message.each;
    std::vector<PartPlace> parts;
    if (message.format == PayloadFormat::json) {
      const auto count = json_->root().find(each.in)->children().size();
      for (std::size_t index = 0; index < count; ++index) {
        parts.push_back({joined(each.in, {{std::to_string(index)}}), 0, 0});
      }
      return parts;
    }
    const std::size_t most = each.count == 0 ? made_.bytes_.size() : each.count;
    for (std::size_t begin = each.byte;
         parts.size() < most && begin + each.stride <= made_.bytes_.size(); begin += each.stride) {
      parts.push_back({{}, begin, each.stride});
    }
    return parts;
  }

  /// The index of the place; nothing if the test has no time there.
  auto take_time(const Message& message, const model::TimeSource& source, const PartPlace& part)
      -> std::optional<std::size_t> {
    TimePlace place;
    if (!source.place.pointers.empty()) {
      const auto at =
          json_ ? first_scalar(*json_, part.pointer, source.place.pointers) : std::nullopt;
      place.piece = at ? piece_at(extent_in_json(made_.text_, *at)) : std::nullopt;
    } else if (message.format == PayloadFormat::fields) {
      place.piece = piece_at(extent_of_field(made_.text_, source.place, message.separator));
    } else {
      place.bytes = source.place;
      place.bytes.byte = static_cast<std::uint16_t>(part.begin + source.place.byte);
      place.format.notation = source.notation;
      if (part.begin + source.place.byte + source.place.width > made_.bytes_.size()) {
        return std::nullopt;
      }
    }
    const bool in_text = !source.place.pointers.empty() || message.format == PayloadFormat::fields;
    if (in_text && !place.piece) {
      return std::nullopt;
    }
    if (in_text) {
      place.format = format_of_time(written_at(*place.piece), source);
    }
    const auto known = std::ranges::find_if(made_.times_, [&](const TimePlace& other) {
      return other.piece == place.piece && other.bytes == place.bytes;
    });
    if (known != made_.times_.end()) {
      return static_cast<std::size_t>(known - made_.times_.begin());
    }
    made_.times_.push_back(std::move(place));
    return made_.times_.size() - 1;
  }

  void take_parts(std::size_t index, const std::vector<std::size_t>& present) {
    const auto& message = model_.messages[index];
    const auto parts = parts_of(message);
    const PartPlace whole{{}, 0, made_.bytes_.size()};
    const auto stated = message.time ? take_time(message, *message.time, whole) : std::nullopt;
    auto base = stated;
    if (message.each) {
      base = take_base(message, stated, parts.size());
    }
    std::vector<Moment> moments;
    for (std::size_t part = 0; part < parts.size(); ++part) {
      Moment moment{base, {}};
      if (message.each && message.each->time) {
        moment.place = take_time(message, *message.each->time, parts[part]);
      } else if (message.each) {
        moment.offset = message.each->first + message.each->step * static_cast<std::int64_t>(part);
      }
      moments.push_back(moment);
    }
    if (message.each && message.each->time) {
      order_elements(message, moments);
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      if (message.each && !moments[part].place) {
        continue;  // a sample without a time is not taken
      }
      for (const auto point : present) {
        take_names(model_.places[point].where, parts[part].pointer);
        take_value(index, point, parts[part], moments, part);
      }
    }
  }

  /// What the times of elements count from.
  auto take_base(const Message& message, std::optional<std::size_t> stated, std::size_t count)
      -> std::optional<std::size_t> {
    const auto& each = *message.each;
    const PartPlace whole{{}, 0, made_.bytes_.size()};
    const auto base = each.base ? take_time(message, *each.base, whole) : stated;
    if (base && !each.time && count > 0) {
      const auto last = each.first + each.step * static_cast<std::int64_t>(count - 1);
      auto& place = made_.times_[*base];
      place.lead = std::max({place.lead, each.first, last});
      place.step = each.base ? std::max(place.step, std::chrono::abs(each.step)) : place.step;
      place.kind = each.base || place.lead.count() > 0 ? TimePlace::Kind::base : place.kind;
    }
    return base;
  }

  /// The newest of the test's elements stays the newest.
  void order_elements(const Message& message, const std::vector<Moment>& moments) {
    std::vector<std::pair<std::int64_t, std::size_t>> times;
    for (std::size_t part = 0; part < moments.size(); ++part) {
      if (moments[part].place) {
        times.emplace_back(time_in_test(message, made_.times_[*moments[part].place]), part);
      }
    }
    std::ranges::sort(times, std::greater{});
    for (std::size_t ago = 0; ago < times.size(); ++ago) {
      auto& place = made_.times_[*moments[times[ago].second].place];
      place.kind = TimePlace::Kind::element;
      place.ago = static_cast<std::int64_t>(ago);
    }
  }

  [[nodiscard]] auto time_in_test(const Message& message, const TimePlace& place) const
      -> std::int64_t {
    if (!place.piece) {
      const auto bytes = intake::bytes_in(made_.bytes_, place.bytes);
      return bytes ? static_cast<std::int64_t>(intake::number_in(*bytes, place.bytes.low_first))
                   : 0;
    }
    const auto time = intake::parse_time(unquoted_at(*place.piece), *message.each->time);
    return time ? reading::milliseconds_since_1970(*time) : 0;
  }
  void take_value(std::size_t index, std::size_t point, const PartPlace& part,
                  const std::vector<Moment>& moments, std::size_t number) {
    const auto& message = model_.messages[index];
    const auto& place = model_.places[point];
    ValuePlace value;
    value.message = index;
    value.point = point;
    value.moment = moments[number];
    if (message.format == PayloadFormat::bytes) {
      value.begin = part.begin;
      value.size = part.size;
      if (std::size_t{place.place.byte} + place.place.width > part.size) {
        return;
      }
    } else {
      value.piece = piece_of_value(message, place, part);
      if (!value.piece || !take_format(model_.points[point], value)) {
        return;
      }
    }
    if (message.each) {
      for (const auto& accumulation : message.each->accumulations) {
        if (accumulation.point == point) {
          value.difference = ValuePlace::Difference{
              accumulation.start, number == 0 ? Moment{moments[0].place, {}} : moments[number - 1],
              accumulation.down};
        }
      }
    }
    made_.values_.push_back(std::move(value));
  }

  auto piece_of_value(const Message& message, const model::PointPlace& place, const PartPlace& part)
      -> std::optional<std::size_t> {
    if (message.format == PayloadFormat::json) {
      if (!all_hold(place.where, part.pointer)) {
        return std::nullopt;
      }
      const auto at = first_scalar(*json_, part.pointer, place.place.pointers);
      return at ? piece_at(extent_in_json(made_.text_, *at)) : std::nullopt;
    }
    if (message.format == PayloadFormat::fields) {
      return piece_at(extent_of_field(made_.text_, place.place, message.separator));
    }
    const auto value = intake::trimmed(made_.text_);
    const auto begin = static_cast<std::size_t>(value.data() - made_.text_.data());
    return piece_at(Extent{begin, begin + value.size()});
  }

  /// Those of the JSON document; what the topic has to be is known already.
  [[nodiscard]] auto all_hold(const std::vector<model::Requirement>& requirements,
                              const JsonPointer& part) const -> bool {
    return std::ranges::all_of(requirements, [&](const model::Requirement& requirement) {
      if (!requirement.capture.empty()) {
        return true;
      }
      const auto found = json_->root().find(joined(part, requirement.pointer));
      return found && std::ranges::any_of(requirement.values, [&](const std::string& value) {
               return value == found->text() || capture_in(value).has_value();
             });
    });
  }

  /// False if what stands there is neither number, label nor text.
  auto take_format(const model::Point& point, ValuePlace& value) const -> bool {
    const auto text = unquoted_at(*value.piece);
    if (point.conversions.empty()) {
      return true;
    }
    value.label =
        std::ranges::any_of(point.labels, [&](const auto& label) { return label.second == text; });
    const auto decimals = decimals_of(text);
    // More would not fit a Decimal; it is what devices make of binary fractions.
    constexpr int most_decimals = 9;
    value.decimals = std::min(decimals.value_or(0), most_decimals);
    return value.label || decimals || text == "true" || text == "false";
  }

  MessageTemplate& made_;
  const model::Model& model_;
  const model::MessageTest& test_;
  Captures captures_;
  std::optional<Json> json_;
};

auto MessageTemplate::create(std::shared_ptr<const model::Model> model,
                             const model::Settings& settings, const model::MessageTest& test)
    -> wire::Result<MessageTemplate, std::string> {
  MessageTemplate made;
  made.model_ = std::move(model);
  made.settings_ = settings;
  if (auto objection = Builder{made, test}.build()) {
    return *std::move(objection);
  }
  return made;
}

}  // namespace bornier::simulator
