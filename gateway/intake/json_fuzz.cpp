// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON, and any text as a number, a time and a topic.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "intake/coding.hpp"
#include "intake/json.hpp"
#include "intake/number.hpp"
#include "intake/recent.hpp"
#include "intake/time.hpp"
#include "model/topic.hpp"

namespace {

using namespace bornier;

/// Every value is reached by its pointer, and numbers are numbers.
void walk(const intake::Json::Value& value, std::size_t depth) {
  if (depth > intake::max_json_depth) {
    std::abort();
  }
  if (value.kind() == intake::Json::Kind::number && !intake::read_number(value.text())) {
    std::abort();
  }
  std::size_t index = 0;
  for (const auto& child : value.children()) {
    if (value.kind() == intake::Json::Kind::array) {
      const auto found = value.find({{std::to_string(index++)}});
      if (!found || found->text() != child.text()) {
        std::abort();
      }
    } else if (!value.find({{std::string{child.key()}}})) {
      std::abort();
    }
    walk(child, depth + 1);
  }
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const auto bytes = std::as_bytes(std::span{data, size});
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  constexpr std::size_t walked_at_most = 512;  // walking is quadratic
  if (const auto json = intake::Json::parse(bytes); json && size <= walked_at_most) {
    walk(json->root(), 0);
  }
  static_cast<void>(intake::read_number(text));
  static_cast<void>(intake::parse_iso_time(text, true));
  static_cast<void>(intake::parse_epoch(text, model::TimeNotation::seconds));
  static_cast<void>(intake::bytes_of(text, model::Coding::base64));
  static_cast<void>(intake::bytes_of(text, model::Coding::hex));
  if (const auto recent = intake::Recent::of_bytes(text); recent && recent->to_bytes() != text) {
    std::abort();
  }
  if (const auto pointer = model::parse_json_pointer(text); pointer && to_text(*pointer) != text) {
    std::abort();
  }
  if (const auto topic = model::parse_topic(text); topic && to_text(*topic) != text) {
    std::abort();
  }
  return 0;
}
