// SPDX-License-Identifier: Apache-2.0
#include "node/settings.hpp"

#include <algorithm>

#include "wire/bytes.hpp"

namespace bornier::node {

namespace {

constexpr std::array<std::uint16_t, 8> bauds{12, 24, 48, 96, 192, 384, 576, 1152};
constexpr std::uint16_t mode_off = 0;
constexpr std::uint16_t mode_low = 2;
constexpr Micros tenth_of_millisecond = 100;

}  // namespace

auto is_baud(std::uint16_t hundreds) noexcept -> bool {
  return std::find(bauds.begin(), bauds.end(), hundreds) != bauds.end();
}

auto line_of(std::span<const std::uint16_t, 3> words) noexcept -> Line {
  return {static_cast<std::uint8_t>(words[0]), words[1] * 100U, static_cast<LineFormat>(words[2])};
}

Settings::Settings(const Defaults& defaults) noexcept {
  for (const auto& row : rows) {
    if (row.field != Field::setting) {
      continue;
    }
    // Initial values fit the last word of their type.
    auto at = static_cast<std::size_t>(row.stored + words(row.type) - 1);
    for (std::uint8_t index = 0; index < row.repeat; ++index, at += input_words) {
      words_[at] = row.initial;
    }
  }
  words_[3] = defaults.save_every_s;
  for (std::size_t input = 0; input < pulse_inputs; ++input) {
    words_[node_words + input * input_words] = defaults.input_mode;
  }
}

auto Settings::line() const noexcept -> Line {
  return line_of(std::span{words_}.first<3>());
}

auto Settings::set_line(std::span<const std::uint16_t, 3> words) noexcept -> void {
  std::copy(words.begin(), words.end(), words_.begin());
}

auto Settings::digital(std::size_t at) const noexcept -> DigitalSettings {
  return {words_[at] != mode_off, words_[at] == mode_low, milliseconds(words_[at + 1])};
}

auto Settings::pulse(std::size_t input) const noexcept -> PulseSettings {
  const auto own = std::span{words_}.subspan(node_words + input * input_words, input_words);
  return {own[0] != mode_off, own[0] == mode_low, own[1] * tenth_of_millisecond,
          own[2] * tenth_of_millisecond, seconds(own[3])};
}

auto Settings::pack(std::span<std::byte> payload) const noexcept -> void {
  wire::ByteWriter out{payload};
  for (const auto word : words_) {
    out.u16(word);
  }
  while (out.room() > 0) {
    out.u8(0);
  }
}

auto Settings::restore(std::span<const std::byte> payload) noexcept -> void {
  wire::ByteReader in{payload};
  for (auto& word : words_) {
    word = in.u16();
  }
}

}  // namespace bornier::node
