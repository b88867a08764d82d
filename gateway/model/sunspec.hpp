// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/model.hpp"

/// SunSpec Device Information Model Specification: a device has "SunS" at one of three addresses of
/// its holding registers, and behind it models back to back: id, length, as many registers as the
/// length says. The end model has id 0xFFFF and length 0.
namespace bornier::model {

inline constexpr std::array<std::uint16_t, 2> sunspec_mark{0x5375, 0x6E53};
inline constexpr std::array<std::uint16_t, 3> sunspec_places{40'000, 50'000, 0};
inline constexpr std::uint16_t sunspec_end = 0xFFFF;
/// Id and length.
inline constexpr std::uint16_t sunspec_header = 2;
/// Where a model file has its first SunSpec model: behind the mark at the first place.
inline constexpr std::uint16_t sunspec_first = sunspec_places[0] + sunspec_mark.size();

/// Finds where a device has the SunSpec models of a model file. A machine: ask for what next()
/// names, tell it what came, until next() names nothing.
class SunSpecWalk {
 public:
  /// `models` is borrowed.
  explicit SunSpecWalk(const std::vector<SunSpecModel>& models)
      : models_{&models}, found_(models.size()) {}

  /// The first of the two holding registers to ask for.
  [[nodiscard]] auto next() const noexcept -> std::optional<std::uint16_t> { return next_; }
  void answered(std::array<std::uint16_t, 2> words);
  /// The device has no such registers.
  void refused();
  /// Nothing came: some say so instead of a refusal. The next place is looked at then, the first
  /// one after the last; three times in a row behind the mark mean the end of the list.
  void silent();

  /// Where each begins (its id register), the first of several with one id; nothing: the device
  /// lacks it, or has a shorter one.
  [[nodiscard]] auto found() const noexcept -> const std::vector<std::optional<std::uint16_t>>& {
    return found_;
  }

 private:
  void go_to(std::size_t address);

  const std::vector<SunSpecModel>* models_;
  std::vector<std::optional<std::uint16_t>> found_;
  std::size_t place_{};  ///< index into sunspec_places
  bool in_list_{};
  unsigned looked_at_{};  ///< models of the list
  unsigned silences_{};   ///< in a row, behind the mark
  std::optional<std::uint16_t> next_{sunspec_places[0]};
};

/// Which of Model::sunspec holds this address of the file's layout.
[[nodiscard]] auto sunspec_model_at(const Model& model, std::uint16_t address) noexcept
    -> std::optional<std::size_t>;

}  // namespace bornier::model
