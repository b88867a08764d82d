// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::wire {

/// Registers as they stand in a PDU: two bytes each, high byte first. Looks into bytes that
/// somebody else owns.
class RegistersView {
 public:
  constexpr RegistersView() noexcept = default;
  /// An odd last byte is not part of the view.
  constexpr explicit RegistersView(std::span<const std::byte> bytes) noexcept
      : bytes_{bytes.first(bytes.size() / 2 * 2)} {}

  [[nodiscard]] constexpr auto size() const noexcept -> std::size_t { return bytes_.size() / 2; }
  /// `index` < size().
  [[nodiscard]] constexpr auto operator[](std::size_t index) const noexcept -> std::uint16_t {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes_[2 * index]) << 8U |
                                      std::to_integer<unsigned>(bytes_[2 * index + 1]));
  }
  [[nodiscard]] constexpr auto bytes() const noexcept -> std::span<const std::byte> {
    return bytes_;
  }

 private:
  std::span<const std::byte> bytes_;
};

/// Bits as they stand in a PDU: eight to a byte, the first in the lowest bit of the first byte.
/// Looks into bytes that somebody else owns.
class BitsView {
 public:
  constexpr BitsView() noexcept = default;
  /// As many of the `count` bits as `packed` holds.
  constexpr BitsView(std::span<const std::byte> packed, std::size_t count) noexcept
      : packed_{packed}, count_{count <= packed.size() * 8 ? count : packed.size() * 8} {}

  [[nodiscard]] constexpr auto size() const noexcept -> std::size_t { return count_; }
  /// `index` < size().
  [[nodiscard]] constexpr auto operator[](std::size_t index) const noexcept -> bool {
    return (std::to_integer<unsigned>(packed_[index / 8]) >> index % 8 & 1U) != 0;
  }

 private:
  std::span<const std::byte> packed_;
  std::size_t count_ = 0;
};

/// Packs values for the wire into the front of `room`: as many as fit.
[[nodiscard]] constexpr auto pack(std::span<const std::uint16_t> registers,
                                  std::span<std::byte> room) noexcept -> RegistersView {
  std::size_t used = 0;
  for (const auto value : registers) {
    if (room.size() - used < 2) {
      break;
    }
    room[used] = static_cast<std::byte>(value >> 8U);
    room[used + 1] = static_cast<std::byte>(value);
    used += 2;
  }
  return RegistersView{room.first(used)};
}
[[nodiscard]] constexpr auto pack(std::span<const bool> bits, std::span<std::byte> room) noexcept
    -> BitsView {
  std::size_t packed = 0;
  for (const auto bit : bits) {
    if (packed / 8 >= room.size()) {
      break;
    }
    if (packed % 8 == 0) {
      room[packed / 8] = std::byte{0};
    }
    room[packed / 8] |= static_cast<std::byte>(static_cast<unsigned>(bit) << packed % 8);
    ++packed;
  }
  return BitsView{room, packed};
}

}  // namespace bornier::wire
