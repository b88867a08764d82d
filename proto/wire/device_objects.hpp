// SPDX-License-Identifier: Apache-2.0
// The objects of Read Device Identification, function 43 / 14 (MODBUS Application Protocol
// V1.1b3, section 6.21): vendor, product code, revision and so on, as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bornier::wire {

/// How a client asks: for a stream of all objects of one category, or for one object.
enum class DeviceIdentificationCode : std::uint8_t {
  basic = 1,     ///< objects 00..02: vendor name, product code, revision
  regular = 2,   ///< objects up to 7F
  extended = 3,  ///< objects up to FF
  individual = 4,
};

/// On the wire: id, length of the value, value (ASCII by the specification, not checked).
struct DeviceObject {
  std::uint8_t id = 0;
  std::span<const std::byte> value;
};

/// Whole objects one after the other, as they stand in an answer. Looks into bytes that somebody
/// else owns.
class DeviceObjects {
 public:
  constexpr DeviceObjects() noexcept = default;
  /// Nothing where `bytes` do not divide into objects.
  [[nodiscard]] static auto parse(std::span<const std::byte> bytes) noexcept
      -> std::optional<DeviceObjects>;

  [[nodiscard]] auto size() const noexcept -> std::size_t { return count_; }
  [[nodiscard]] auto bytes() const noexcept -> std::span<const std::byte> { return bytes_; }
  /// `index` < size().
  [[nodiscard]] auto operator[](std::size_t index) const noexcept -> DeviceObject;

 private:
  constexpr DeviceObjects(std::span<const std::byte> bytes, std::size_t count) noexcept
      : bytes_{bytes}, count_{count} {}

  std::span<const std::byte> bytes_;
  std::size_t count_ = 0;
};

}  // namespace bornier::wire
