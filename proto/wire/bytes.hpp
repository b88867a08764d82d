// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bornier::wire {

/// Reads big-endian numbers (MODBUS Application Protocol V1.1b3, section 4.2) off a span and never
/// past its end. A read that does not fit gives zero and is remembered, so a decoder reads all
/// its fields and asks once, with `ended()` or `overran()`.
class ByteReader {
 public:
  constexpr explicit ByteReader(std::span<const std::byte> bytes) noexcept : rest_{bytes} {}

  constexpr auto u8() noexcept -> std::uint8_t {
    const auto one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
  }

  constexpr auto u16() noexcept -> std::uint16_t {
    const auto two = take(2);
    return two.empty() ? std::uint16_t{0}
                       : static_cast<std::uint16_t>(std::to_integer<unsigned>(two[0]) << 8U |
                                                    std::to_integer<unsigned>(two[1]));
  }

  /// The next `count` bytes, or none of them if fewer are left.
  constexpr auto take(std::size_t count) noexcept -> std::span<const std::byte> {
    if (count > rest_.size()) {
      overran_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  [[nodiscard]] constexpr auto rest() const noexcept -> std::span<const std::byte> { return rest_; }
  [[nodiscard]] constexpr auto overran() const noexcept -> bool { return overran_; }
  /// All was there and nothing is left over.
  [[nodiscard]] constexpr auto ended() const noexcept -> bool { return !overran_ && rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool overran_ = false;
};

/// Writes big-endian numbers into the caller's span and never past its end: what does not fit is
/// left out whole and remembered.
class ByteWriter {
 public:
  constexpr explicit ByteWriter(std::span<std::byte> room) noexcept : room_{room} {}

  constexpr auto u8(std::uint8_t value) noexcept -> void {
    const std::array one{std::byte{value}};
    append(one);
  }

  constexpr auto u16(std::uint16_t value) noexcept -> void {
    const std::array two{static_cast<std::byte>(value >> 8U), static_cast<std::byte>(value)};
    append(two);
  }

  constexpr auto append(std::span<const std::byte> bytes) noexcept -> void {
    if (bytes.size() > room()) {
      overflowed_ = true;
      return;
    }
    std::copy(bytes.begin(), bytes.end(), room_.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ += bytes.size();
  }

  [[nodiscard]] constexpr auto written() const noexcept -> std::span<const std::byte> {
    return room_.first(written_);
  }
  [[nodiscard]] constexpr auto room() const noexcept -> std::size_t {
    return room_.size() - written_;
  }
  [[nodiscard]] constexpr auto overflowed() const noexcept -> bool { return overflowed_; }

 private:
  std::span<std::byte> room_;
  std::size_t written_ = 0;
  bool overflowed_ = false;
};

/// Up to `Capacity` bytes that the buffer itself owns.
template <std::size_t Capacity>
class ByteBuffer {
 public:
  constexpr ByteBuffer() noexcept = default;

  [[nodiscard]] static constexpr auto capacity() noexcept -> std::size_t { return Capacity; }
  [[nodiscard]] constexpr auto size() const noexcept -> std::size_t { return size_; }
  [[nodiscard]] constexpr auto empty() const noexcept -> bool { return size_ == 0; }
  [[nodiscard]] constexpr auto room() const noexcept -> std::size_t { return Capacity - size_; }

  /// Dies with the buffer, and with its next change.
  [[nodiscard]] constexpr auto bytes() const noexcept -> std::span<const std::byte> {
    return std::span{bytes_}.first(size_);
  }

  /// Adds all of `more`, or nothing and false where it does not fit.
  [[nodiscard]] constexpr auto append(std::span<const std::byte> more) noexcept -> bool {
    if (more.size() > room()) {
      return false;
    }
    std::copy(more.begin(), more.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += more.size();
    return true;
  }

  /// Replaces its contents by what `write` writes into a ByteWriter, where it stands: a copy less
  /// counts on the node's stack. Empty and false where that did not fit.
  template <class Write>
  constexpr auto fill(Write write) noexcept -> bool {
    ByteWriter out{bytes_};
    write(out);
    size_ = out.overflowed() ? 0 : out.written().size();
    return !out.overflowed();
  }

  /// Forgets all but the first `count` bytes.
  constexpr auto keep_front(std::size_t count) noexcept -> void { size_ = std::min(count, size_); }

  /// Forgets the first `count` bytes, or all if there are fewer.
  constexpr auto drop_front(std::size_t count) noexcept -> void {
    const auto kept = bytes().subspan(std::min(count, size_));
    std::copy(kept.begin(), kept.end(), bytes_.begin());
    size_ = kept.size();
  }

  friend constexpr auto operator==(const ByteBuffer& left, const ByteBuffer& right) noexcept
      -> bool {
    return std::equal(left.bytes().begin(), left.bytes().end(), right.bytes().begin(),
                      right.bytes().end());
  }

 private:
  std::array<std::byte, Capacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace bornier::wire
