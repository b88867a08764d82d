// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Bits and exponential Golomb codes as `Readings.numbers` of telemetry.proto defines them.
namespace bornier::batch {

/// 0, -1, 1, -2, 2 … as 0, 1, 2, 3, 4 …
[[nodiscard]] constexpr auto zigzag(std::int64_t value) noexcept -> std::uint64_t {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? ~(bits << 1U) : bits << 1U;
}
[[nodiscard]] constexpr auto unzigzag(std::uint64_t value) noexcept -> std::int64_t {
  const std::uint64_t half = value >> 1U;
  return static_cast<std::int64_t>((value & 1U) != 0 ? ~half : half);
}
/// Modulo 2^64.
[[nodiscard]] constexpr auto wrapping_add(std::int64_t left, std::int64_t right) noexcept
    -> std::int64_t {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                   static_cast<std::uint64_t>(right));
}
[[nodiscard]] constexpr auto wrapping_subtract(std::int64_t left, std::int64_t right) noexcept
    -> std::int64_t {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) -
                                   static_cast<std::uint64_t>(right));
}

class BitWriter {
 public:
  /// The lowest `count` bits of `value`, 0 … 64, the highest of them first.
  void bits(std::uint64_t value, unsigned count);
  /// EG(k), k 0 … 63. The largest value of all, 2^64 - 1, needs k >= 1.
  void golomb(std::uint64_t value, unsigned k);
  /// All that was written, the last byte filled with zeros. Ends the writer.
  [[nodiscard]] auto take() -> std::string;

 private:
  std::string bytes_;
  std::uint64_t pending_{};  ///< in its lowest pending_count_ bits
  unsigned pending_count_{};
};

/// Bits that EG(k) takes for `value`.
[[nodiscard]] auto golomb_size(std::uint64_t value, unsigned k) noexcept -> unsigned;

/// Looks into the bytes given. Reading past the end, or a code outside its range, gives 0 and sets
/// `failed` for good, so that a decoder asks once, at the end of a column.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) noexcept : bytes_{bytes} {}

  [[nodiscard]] auto bits(unsigned count) noexcept -> std::uint64_t;
  [[nodiscard]] auto golomb(unsigned k) noexcept -> std::uint64_t;
  [[nodiscard]] auto failed() const noexcept -> bool { return failed_; }
  /// Nothing is left but the zeros that fill the last byte.
  [[nodiscard]] auto at_end() const noexcept -> bool;

 private:
  /// The next 64 bits; zeros follow the end.
  [[nodiscard]] auto peek() const noexcept -> std::uint64_t;
  void skip(unsigned count) noexcept;
  auto fail() noexcept -> std::uint64_t;

  std::string_view bytes_;
  std::size_t position_{};  ///< in bits
  bool failed_{};
};

}  // namespace bornier::batch
