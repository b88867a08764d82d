// SPDX-License-Identifier: Apache-2.0
#include "model/sunspec.hpp"

#include <algorithm>

namespace bornier::model {
namespace {

/// A list of empty models never ends by itself, and neighbours on the line wait meanwhile.
constexpr unsigned longest_list = 60;
constexpr unsigned most_silences = 3;
constexpr std::size_t last_address = 0xFFFF;

}  // namespace

void SunSpecWalk::answered(std::array<std::uint16_t, 2> words) {
  if (!next_) {
    return;
  }
  const auto address = *next_;
  silences_ = 0;
  if (!in_list_) {
    if (words != sunspec_mark) {
      refused();
      return;
    }
    in_list_ = true;
    go_to(address + sunspec_mark.size());
    return;
  }
  const auto [id, length] = words;
  for (std::size_t index = 0; index < models_->size(); ++index) {
    const auto& wanted = (*models_)[index];
    const bool holds_all = std::size_t{sunspec_header} + length >= wanted.registers &&
                           std::size_t{address} + wanted.registers <= last_address + 1;
    if (wanted.id == id && holds_all && !found_[index]) {
      found_[index] = address;
      break;
    }
  }
  const bool all = std::ranges::all_of(found_, [](const auto& one) { return one.has_value(); });
  if (id == sunspec_end || all || ++looked_at_ >= longest_list) {
    next_.reset();
    return;
  }
  go_to(std::size_t{address} + sunspec_header + length);
}

void SunSpecWalk::refused() {
  ++place_;
  if (in_list_ || place_ >= sunspec_places.size()) {
    next_.reset();
    return;
  }
  next_ = sunspec_places[place_];
}

void SunSpecWalk::silent() {
  if (!in_list_) {
    place_ = (place_ + 1) % sunspec_places.size();
    next_ = sunspec_places[place_];
  } else if (++silences_ >= most_silences) {
    next_.reset();
  }
}

void SunSpecWalk::go_to(std::size_t address) {
  if (address + 1 > last_address) {
    next_.reset();
    return;
  }
  next_ = static_cast<std::uint16_t>(address);
}

auto sunspec_model_at(const Model& model, std::uint16_t address) noexcept
    -> std::optional<std::size_t> {
  for (std::size_t index = 0; index < model.sunspec.size(); ++index) {
    const auto& one = model.sunspec[index];
    if (address >= one.first && address - one.first < one.registers) {
      return index;
    }
  }
  return std::nullopt;
}

}  // namespace bornier::model
