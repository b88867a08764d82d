// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "modbus/serial_format.hpp"
#include "reading/time.hpp"
#include "wire/rtu_frame.hpp"

/// Which units are there: every unit id under every format of a line, the commonest formats first.
namespace bornier::modbus {

struct SweepPlan {
  std::vector<SerialFormat>
      formats;  ///< in the order to try; one, not looked at, where there is no serial line
  std::vector<std::uint8_t> units;  ///< in the order to try, each once
  /// How long a first look waits for an answer, and how long a second one. Where they are equal
  /// there is no second look.
  reading::Instant::duration quick{};
  reading::Instant::duration full{};
};

/// What came of one question.
enum class Heard : std::uint8_t {
  nothing,
  answer,   ///< anything that is whole, exceptions too
  damage,   ///< an answer of the unit that was not whole
  noise,    ///< bytes that are the beginning of no answer
  foreign,  ///< an answer of another unit, which may be one asked earlier
};

/// A machine: ask what next() names, tell what was heard, until it names nothing.
///
/// First all units get a short look under each format. A damaged answer is asked for again, at most
/// twice, unless the line is full of them; a foreign one gives the units before it a long look at
/// once. Then come the slow and the sleeping: under each format that has units (under all if none
/// has) what is missing gets a second look, woken by a first request, unless it had a long one.
///
/// A line that takes no notice of formats (a pseudo-terminal, a converter) would show every unit
/// under each. So before the next format a unit that was found is asked under one that nobody has,
/// and if it answers, no other format is tried.
class Sweep {
 public:
  struct Question {
    std::size_t format{};  ///< index into SweepPlan::formats; one beyond: the format nobody has
    wire::UnitId unit;
    reading::Instant::duration patience{};
    bool wakes{};  ///< the answer matters less than that it is asked: another follows

    friend auto operator==(const Question&, const Question&) noexcept -> bool = default;
  };
  /// A unit under a format.
  struct Place {
    std::size_t format{};
    std::uint8_t unit{};
    friend auto operator<=>(const Place&, const Place&) noexcept -> std::strong_ordering = default;
  };

  explicit Sweep(SweepPlan plan);

  [[nodiscard]] auto next() const noexcept -> std::optional<Question>;
  void heard(Heard what);

  [[nodiscard]] auto format_of(const Question& question) const -> SerialFormat;
  [[nodiscard]] auto plan() const noexcept -> const SweepPlan& { return plan_; }
  /// In the order in which they were found.
  [[nodiscard]] auto found() const noexcept -> const std::vector<Place>& { return found_; }
  /// Where something answers that is damaged each time; none of a format that has too many of them.
  [[nodiscard]] auto damaged() const -> std::vector<Place>;
  /// Noise was heard as often as no meter makes it, or damaged answers of as many units.
  [[nodiscard]] auto is_noisy(std::size_t format) const -> bool;
  [[nodiscard]] auto ignores_formats() const noexcept -> bool { return ignores_formats_; }
  [[nodiscard]] auto is_second_look() const noexcept -> bool { return second_look_; }

  /// Of all questions; those to come are guessed at as if nobody answered them.
  [[nodiscard]] auto asked() const noexcept -> std::size_t { return asked_; }
  [[nodiscard]] auto still_to_ask() const -> std::size_t;
  /// How long those take at most, their bytes on the line included.
  [[nodiscard]] auto time_left() const -> reading::Instant::duration;

 private:
  void refill();
  void look_at_format(std::size_t format);
  void look_again();
  [[nodiscard]] auto damages_too_much(std::size_t format) const -> bool;
  [[nodiscard]] auto is_found(Place place) const -> bool;
  [[nodiscard]] auto cost_of(const Question& question) const -> reading::Instant::duration;

  SweepPlan plan_;
  std::deque<Question> queue_;
  std::size_t next_format_{};  ///< of the first look
  bool second_look_{};
  bool checked_formats_{};  ///< asked, or asking, whether the line takes notice of them
  bool ignores_formats_{};
  unsigned damages_{};  ///< of the question at the front, in a row
  std::vector<Place> found_;
  std::set<Place> damaged_;
  std::vector<std::size_t> noises_;  ///< by format
  std::set<Place> looked_long_;      ///< because of a foreign answer
  std::size_t asked_{};
};

}  // namespace bornier::modbus
