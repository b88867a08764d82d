// SPDX-License-Identifier: Apache-2.0
#include "intake/json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

namespace bornier::intake {

/// What Boost's parser calls. It checks the grammar and UTF-8, and hands over each number's text.
class Json::Handler {
 public:
  static constexpr std::size_t max_object_size = max_json_values;
  static constexpr std::size_t max_array_size = max_json_values;
  static constexpr std::size_t max_key_size = max_payload_bytes;
  static constexpr std::size_t max_string_size = max_payload_bytes;

  using error = boost::system::error_code;
  using text = boost::json::string_view;

  Json json;

  auto on_document_begin(error&) -> bool { return true; }
  auto on_document_end(error&) -> bool { return true; }
  auto on_object_begin(error& failure) -> bool { return open(Kind::object, failure); }
  auto on_object_end(std::size_t, error&) -> bool { return close(); }
  auto on_array_begin(error& failure) -> bool { return open(Kind::array, failure); }
  auto on_array_end(std::size_t, error&) -> bool { return close(); }
  auto on_key_part(text part, std::size_t, error&) -> bool { return append(part); }
  auto on_key(text part, std::size_t, error&) -> bool {
    append(part);
    key_ = take_text();
    return true;
  }
  auto on_string_part(text part, std::size_t, error&) -> bool { return append(part); }
  auto on_string(text part, std::size_t, error& failure) -> bool {
    return scalar(Kind::text, part, failure);
  }
  auto on_number_part(text part, error&) -> bool { return append(part); }
  auto on_int64(std::int64_t, text part, error& failure) -> bool {
    return scalar(Kind::number, part, failure);
  }
  auto on_uint64(std::uint64_t, text part, error& failure) -> bool {
    return scalar(Kind::number, part, failure);
  }
  auto on_double(double, text part, error& failure) -> bool {
    return scalar(Kind::number, part, failure);
  }
  auto on_bool(bool value, error& failure) -> bool {
    return scalar(Kind::boolean, value ? "true" : "false", failure);
  }
  auto on_null(error& failure) -> bool { return scalar(Kind::null, "null", failure); }
  auto on_comment_part(text, error&) -> bool { return true; }
  auto on_comment(text, error&) -> bool { return true; }

  [[nodiscard]] auto is_full() const -> bool { return json.nodes_.size() >= max_json_values; }

 private:
  auto append(text part) -> bool {
    json.texts_.append(part.data(), part.size());
    return true;
  }
  auto take_text() -> Slice {
    const Slice slice{begun_, static_cast<std::uint32_t>(json.texts_.size()) - begun_};
    begun_ = static_cast<std::uint32_t>(json.texts_.size());
    return slice;
  }
  auto add(Kind kind, Slice value, error& failure) -> bool {
    if (is_full()) {
      failure = boost::json::error::array_too_large;
      return false;
    }
    json.nodes_.push_back(
        {std::exchange(key_, {}), value, static_cast<std::uint32_t>(json.nodes_.size() + 1), kind});
    return true;
  }
  auto scalar(Kind kind, text part, error& failure) -> bool {
    append(part);
    return add(kind, take_text(), failure);
  }
  auto open(Kind kind, error& failure) -> bool {
    open_.push_back(json.nodes_.size());
    return add(kind, {}, failure);
  }
  auto close() -> bool {
    json.nodes_[open_.back()].end = static_cast<std::uint32_t>(json.nodes_.size());
    open_.pop_back();
    return true;
  }

  std::vector<std::size_t> open_;
  Slice key_;
  std::uint32_t begun_{};
};

namespace {

/// An index of an array as RFC 6901, section 4, writes it.
auto index_in(std::string_view token) -> std::optional<std::size_t> {
  std::size_t index = 0;
  const auto* last = token.data() + token.size();
  const auto [end, fault] = std::from_chars(token.data(), last, index);
  const bool padded = token.size() > 1 && token.front() == '0';
  return fault == std::errc{} && end == last && !padded ? std::optional{index} : std::nullopt;
}

}  // namespace

auto Json::parse(std::span<const std::byte> bytes) -> wire::Result<Json, Fault> {
  if (bytes.size() > max_payload_bytes) {
    return Fault::too_large;
  }
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  boost::json::basic_parser<Handler> parser{options};
  boost::system::error_code failure;
  const auto* characters = reinterpret_cast<const char*>(bytes.data());
  const auto used = parser.write_some(false, characters, bytes.size(), failure);
  if (!failure && used == bytes.size()) {
    return std::move(parser.handler().json);
  }
  if (failure == boost::json::error::too_deep) {
    return Fault::too_deep;
  }
  if (parser.handler().is_full()) {
    return Fault::too_many_values;
  }
  return Fault::not_json;
}

auto Json::Value::text() const noexcept -> std::string_view {
  return json_->slice(node().text);
}

auto Json::Value::key() const noexcept -> std::string_view {
  return json_->slice(node().key);
}

auto Json::Value::children() const -> std::vector<Value> {
  std::vector<Value> children;
  for (std::size_t child = index_ + 1; child < node().end; child = json_->nodes_[child].end) {
    children.push_back({*json_, child});
  }
  return children;
}

auto Json::Value::find(const model::JsonPointer& pointer) const -> std::optional<Value> {
  Value place = *this;
  for (const auto& token : pointer.tokens) {
    const auto index = index_in(token);
    std::optional<std::size_t> next;
    std::size_t count = 0;
    for (std::size_t child = place.index_ + 1; child < place.node().end;
         child = json_->nodes_[child].end) {
      const bool is_it =
          place.kind() == Kind::array ? index == count : Value{*json_, child}.key() == token;
      if (is_it) {
        next = child;
      }
      ++count;
    }
    if (!next) {
      return std::nullopt;
    }
    place.index_ = *next;
  }
  return place;
}

}  // namespace bornier::intake
