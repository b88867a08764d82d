// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "intake/fault.hpp"
#include "model/json_pointer.hpp"
#include "wire/result.hpp"

namespace bornier::intake {

inline constexpr std::size_t max_payload_bytes = std::size_t{256} << 10U;
inline constexpr std::size_t max_json_depth = 32;
inline constexpr std::size_t max_json_values = 20'000;

/// A JSON document (RFC 8259) whose numbers keep the digits they are written with.
class Json {
 public:
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

 private:
  struct Slice {
    std::uint32_t first{};
    std::uint32_t size{};
  };
  /// In the order of the document; the children of a node stand behind it, up to `end`.
  struct Node {
    Slice key;
    Slice text;
    std::uint32_t end{};
    Kind kind{};
  };

 public:
  /// Looks into a Json and dies with it.
  class Value {
   public:
    [[nodiscard]] auto kind() const noexcept -> Kind { return node().kind; }
    [[nodiscard]] auto is_scalar() const noexcept -> bool {
      return kind() != Kind::array && kind() != Kind::object;
    }
    /// A number as it is written, a string's characters, "true", "false" or "null"; empty for the
    /// others.
    [[nodiscard]] auto text() const noexcept -> std::string_view;
    /// Of a member of an object; otherwise empty.
    [[nodiscard]] auto key() const noexcept -> std::string_view;
    /// Of names that stand twice in an object the last one counts.
    [[nodiscard]] auto find(const model::JsonPointer& pointer) const -> std::optional<Value>;
    /// Elements of an array, members of an object.
    [[nodiscard]] auto children() const -> std::vector<Value>;

   private:
    friend class Json;
    Value(const Json& json, std::size_t index) : json_{&json}, index_{index} {}
    [[nodiscard]] auto node() const noexcept -> const Node& { return json_->nodes_[index_]; }

    const Json* json_;
    std::size_t index_;
  };

  [[nodiscard]] static auto parse(std::span<const std::byte> bytes) -> wire::Result<Json, Fault>;
  [[nodiscard]] auto root() const -> Value { return {*this, 0}; }

 private:
  class Handler;

  [[nodiscard]] auto slice(Slice part) const noexcept -> std::string_view {
    return std::string_view{texts_}.substr(part.first, part.size);
  }

  std::vector<Node> nodes_;
  std::string texts_;
};

}  // namespace bornier::intake
