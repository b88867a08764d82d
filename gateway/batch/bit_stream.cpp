// SPDX-License-Identifier: Apache-2.0
#include "batch/bit_stream.hpp"

#include <bit>
#include <utility>

namespace bornier::batch {

void BitWriter::bits(std::uint64_t value, unsigned count) {
  if (count > 32) {
    bits(value >> 32U, count - 32);
    count = 32;
  }
  // At most 7 bits are pending here, so 32 more fit.
  pending_ = (pending_ << count) | (value & ((std::uint64_t{1} << count) - 1));
  pending_count_ += count;
  while (pending_count_ >= 8) {
    pending_count_ -= 8;
    bytes_.push_back(static_cast<char>(pending_ >> pending_count_));
  }
}

void BitWriter::golomb(std::uint64_t value, unsigned k) {
  const std::uint64_t quotient_and_one = (value >> k) + 1;
  const auto length = static_cast<unsigned>(std::bit_width(quotient_and_one));
  bits(0, length - 1);
  bits(quotient_and_one, length);
  bits(value, k);
}

auto BitWriter::take() -> std::string {
  bits(0, (8 - pending_count_) % 8);
  return std::move(bytes_);
}

auto golomb_size(std::uint64_t value, unsigned k) noexcept -> unsigned {
  return 2 * static_cast<unsigned>(std::bit_width((value >> k) + 1)) - 1 + k;
}

auto BitReader::peek() const noexcept -> std::uint64_t {
  const std::size_t first = position_ / 8;
  const auto shift = static_cast<unsigned>(position_ % 8);
  const auto at = [&](std::size_t index) -> std::uint64_t {
    return index < bytes_.size() ? static_cast<unsigned char>(bytes_[index]) : 0U;
  };
  std::uint64_t word = 0;
  for (std::size_t index = first; index < first + 8; ++index) {
    word = (word << 8U) | at(index);
  }
  return shift == 0 ? word : (word << shift) | (at(first + 8) >> (8 - shift));
}

void BitReader::skip(unsigned count) noexcept {
  position_ += count;
  if (position_ > bytes_.size() * 8) {
    static_cast<void>(fail());
  }
}

auto BitReader::fail() noexcept -> std::uint64_t {
  failed_ = true;
  position_ = bytes_.size() * 8;
  return 0;
}

auto BitReader::bits(unsigned count) noexcept -> std::uint64_t {
  if (count == 0) {
    return 0;
  }
  const std::uint64_t value = peek() >> (64 - count);
  skip(count);
  return failed_ ? 0 : value;
}

namespace {

[[nodiscard]] auto golomb_overflows(std::uint64_t quotient, unsigned k) -> bool {
  return k > static_cast<unsigned>(std::countl_zero(quotient));
}

}  // namespace

auto BitReader::golomb(unsigned k) noexcept -> std::uint64_t {
  const auto zeros = static_cast<unsigned>(std::countl_zero(peek()));
  if (zeros > 63) {
    return fail();
  }
  skip(zeros);
  const std::uint64_t quotient = bits(zeros + 1) - 1;
  if (failed_ || golomb_overflows(quotient, k)) {
    return fail();
  }
  return (quotient << k) | bits(k);
}

auto BitReader::at_end() const noexcept -> bool {
  return bytes_.size() * 8 - position_ < 8 && peek() == 0;
}

}  // namespace bornier::batch
