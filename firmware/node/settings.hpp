// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "node/digital_input.hpp"
#include "node/pulse_input.hpp"
#include "node/queue.hpp"
#include "node/register_map.hpp"

namespace bornier::node {

enum class LineFormat : std::uint8_t { even, odd, none_two_stops, none_one_stop };  // 8 data bits

/// What others have to know to talk to the node.
struct Line {
  std::uint8_t unit = 1;
  std::uint32_t baud = 9'600;
  LineFormat format{};

  friend constexpr auto operator==(const Line&, const Line&) noexcept -> bool = default;
};

[[nodiscard]] auto is_baud(std::uint16_t hundreds) noexcept -> bool;

/// What a board sets otherwise than the table.
struct Defaults {
  std::uint16_t save_every_s = 10;
  std::uint16_t input_mode = 2;  ///< of all inputs; 1 active when high, 2 when low
};

/// All settings, as the words that stand in holding registers and in the store. Always valid: what
/// is set has been checked, and a record from the store has its checksum and its format.
class Settings {
 public:
  static constexpr std::size_t size = node_words + pulse_inputs * input_words;

  explicit Settings(const Defaults& defaults = {}) noexcept;

  [[nodiscard]] auto word(std::size_t at) const noexcept -> std::uint16_t { return words_[at]; }
  auto set_word(std::size_t at, std::uint16_t value) noexcept -> void { words_[at] = value; }

  [[nodiscard]] auto line() const noexcept -> Line;
  auto set_line(std::span<const std::uint16_t, 3> words) noexcept -> void;
  [[nodiscard]] auto save_every() const noexcept -> Micros { return seconds(words_[3]); }
  [[nodiscard]] auto door() const noexcept -> DigitalSettings { return digital(4); }
  [[nodiscard]] auto mains() const noexcept -> DigitalSettings { return digital(6); }
  [[nodiscard]] auto pulse(std::size_t input) const noexcept -> PulseSettings;

  auto pack(std::span<std::byte> payload) const noexcept -> void;
  auto restore(std::span<const std::byte> payload) noexcept -> void;

  friend auto operator==(const Settings&, const Settings&) noexcept -> bool = default;

 private:
  [[nodiscard]] auto digital(std::size_t at) const noexcept -> DigitalSettings;

  std::array<std::uint16_t, size> words_{};
};

[[nodiscard]] auto line_of(std::span<const std::uint16_t, 3> words) noexcept -> Line;

}  // namespace bornier::node
