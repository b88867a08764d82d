// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "node/time.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::node {

/// A character on the line: start, 8 data bits, parity or second stop bit, stop.
inline constexpr std::uint32_t bits_per_character = 11;

[[nodiscard]] constexpr auto character_time(std::uint32_t baud) noexcept -> Micros {
  return (bits_per_character * 1'000'000U + baud - 1U) / baud;
}

/// t3.5 of MODBUS over Serial Line V1.02, section 2.5.1.1: fixed above 19,200 Bd.
[[nodiscard]] constexpr auto silence(std::uint32_t baud) noexcept -> Micros {
  return baud > 19'200U ? 1'750U : (7U * bits_per_character * 500'000U + baud - 1U) / baud;
}

/// Finds requests among the characters of a line on which others talk too.
///
/// A frame ends where its function and byte count say, or, where they say nothing, with a silence
/// of 3.5 characters. Silence begins a frame but does not break one: USB converters and emulated
/// lines make pauses within frames, so what is before and what is after a pause is tried both as
/// one frame and as two, and the checksum decides. (So t1.5 is not looked at either: it adds
/// nothing to a checksum, and would have to be measured in the interrupt.) Answers of other meters
/// are recognised, so that a request right behind one is not lost.
class FrameReader {
 public:
  /// For the rest of a frame after a pause. Shorter than a client waits for an answer.
  static constexpr Micros patience = milliseconds(100);

  auto set_baud(std::uint32_t baud) noexcept -> void;
  /// Forgets what was received.
  auto clear() noexcept -> void;

  /// `at`: the end of the character. A damaged one spoils the frame it belongs to.
  auto receive(std::byte value, bool damaged, Instant at) noexcept -> void;

  /// A frame whose checksum holds, to whomever; to be asked until there is none. It dies with the
  /// next call.
  [[nodiscard]] auto next(Instant now) noexcept -> std::optional<wire::RtuFrame>;

  /// Nobody has talked for 3.5 characters.
  [[nodiscard]] auto silent(Instant now) const noexcept -> bool {
    return elapsed(last_, now) >= silence_;
  }
  /// Frames with a wrong checksum, or characters that were none. Wraps.
  [[nodiscard]] auto damaged() const noexcept -> std::uint16_t { return damaged_; }
  auto reset_damaged() noexcept -> void { damaged_ = 0; }

 private:
  enum class Kind : std::uint8_t { pending, none, request, answer };
  struct Look {
    Kind kind{};
    std::size_t size = 0;
  };

  [[nodiscard]] auto from(std::size_t start) const noexcept -> std::span<const std::byte> {
    return std::span{bytes_}.first(size_).subspan(start);
  }
  [[nodiscard]] auto look(std::size_t start) const noexcept -> Look;
  auto drop(std::size_t count) noexcept -> void;
  auto skip() noexcept -> void;
  [[nodiscard]] auto take(std::size_t start, std::size_t size) noexcept
      -> std::optional<wire::RtuFrame>;
  [[nodiscard]] auto after_silence(Instant now) noexcept -> std::optional<wire::RtuFrame>;

  std::array<std::byte, wire::max_rtu_size> bytes_{};
  std::size_t size_ = 0;
  std::size_t used_ = 0;   // given away by the latest next()
  std::size_t pause_ = 0;  // the character before which the latest silence was; 0: none
  Instant last_;
  Micros silence_ = silence(9'600);
  Micros character_ = character_time(9'600);
  std::uint16_t damaged_ = 0;
  bool skipping_ = false;  // until the next silence
};

}  // namespace bornier::node
