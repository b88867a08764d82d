// SPDX-License-Identifier: Apache-2.0
#include "modbus/sweep.hpp"

#include <algorithm>

namespace bornier::modbus {
namespace {

constexpr unsigned attempts_at_a_damaged_answer = 3;
/// From so many damaged units or noises on, and more of them than found units, it is the line.
constexpr std::size_t is_noise = 4;
/// A late answer comes while one of so many units after it is asked.
constexpr std::size_t units_asked_since = 8;
/// Of a request and a short answer, with the silences around them.
constexpr std::size_t usual_bytes = 24;

/// Slow, and with a parity that is rare; an even rarer one where that is among those to try.
constexpr SerialFormat nobodys{1'200, Parity::odd, 2};
constexpr SerialFormat nobodys_either{2'400, Parity::odd, 2};

}  // namespace

Sweep::Sweep(SweepPlan plan) : plan_{std::move(plan)}, noises_(plan_.formats.size()) {
  refill();
}

auto Sweep::next() const noexcept -> std::optional<Question> {
  return queue_.empty() ? std::nullopt : std::optional{queue_.front()};
}

void Sweep::heard(Heard what) {
  if (queue_.empty()) {
    return;
  }
  const auto question = queue_.front();
  const Place place{question.format, question.unit.value()};
  ++asked_;
  const bool is_check = question.format == plan_.formats.size();
  if (what == Heard::damage && !is_check && damages_ + 1 < attempts_at_a_damaged_answer &&
      !damages_too_much(question.format)) {
    ++damages_;
    return;
  }
  damages_ = 0;
  queue_.pop_front();
  if (is_check) {
    if (what == Heard::answer) {
      ignores_formats_ = true;
      next_format_ = plan_.formats.size();
      queue_.clear();
    }
  } else if (what == Heard::answer) {
    found_.push_back(place);
    damaged_.erase(place);
    std::erase_if(queue_, [place](const Question& other) {
      return Place{other.format, other.unit.value()} == place;
    });
  } else if (what == Heard::damage) {
    damaged_.insert(place);
  } else if (what == Heard::noise) {
    ++noises_[question.format];
  } else if (what == Heard::nothing && !question.wakes) {
    damaged_.erase(place);  // whoever is there would have answered again
  } else if (what == Heard::foreign) {
    const auto last = std::ranges::find(plan_.units, place.unit);
    const auto count = std::min(last - plan_.units.begin(), std::ptrdiff_t{units_asked_since});
    for (auto unit = last - count; unit != last; ++unit) {
      const Place missed{place.format, *unit};
      if (!is_found(missed) && looked_long_.insert(missed).second) {
        queue_.push_front({place.format, wire::UnitId{*unit}, plan_.full, false});
      }
    }
  }
  refill();
}

void Sweep::refill() {
  while (queue_.empty() && next_format_ < plan_.formats.size()) {
    look_at_format(next_format_++);
  }
  if (queue_.empty() && !second_look_ && plan_.quick < plan_.full) {
    second_look_ = true;
    look_again();
  }
}

void Sweep::look_at_format(std::size_t format) {
  if (!found_.empty() && !std::exchange(checked_formats_, true)) {
    const wire::UnitId known{found_.back().unit};
    queue_.push_back({plan_.formats.size(), known, plan_.quick, false});
  }
  for (const auto unit : plan_.units) {
    queue_.push_back({format, wire::UnitId{unit}, plan_.quick, false});
  }
}

void Sweep::look_again() {
  for (std::size_t format = 0; format < plan_.formats.size(); ++format) {
    const bool has_units =
        std::ranges::any_of(found_, [format](Place place) { return place.format == format; });
    if (!has_units && !found_.empty()) {
      continue;
    }
    for (const auto unit : plan_.units) {
      if (!is_found({format, unit}) && !looked_long_.contains({format, unit})) {
        queue_.push_back({format, wire::UnitId{unit}, plan_.quick, true});
        queue_.push_back({format, wire::UnitId{unit}, plan_.full, false});
      }
    }
  }
}

auto Sweep::format_of(const Question& question) const -> SerialFormat {
  if (question.format < plan_.formats.size()) {
    return plan_.formats[question.format];
  }
  const auto tried = std::ranges::find(plan_.formats, nobodys);
  return tried == plan_.formats.end() ? nobodys : nobodys_either;
}

auto Sweep::damaged() const -> std::vector<Place> {
  std::vector<Place> places;
  for (const auto place : damaged_) {
    if (!damages_too_much(place.format)) {
      places.push_back(place);
    }
  }
  return places;
}

auto Sweep::is_noisy(std::size_t format) const -> bool {
  const auto found = std::ranges::count(found_, format, &Place::format);
  const auto noises = noises_[format];
  return damages_too_much(format) ||
         (noises >= is_noise && noises > static_cast<std::size_t>(found));
}

auto Sweep::damages_too_much(std::size_t format) const -> bool {
  const auto damaged = std::ranges::count(damaged_, format, &Place::format);
  return static_cast<std::size_t>(damaged) >= is_noise &&
         damaged > std::ranges::count(found_, format, &Place::format);
}

auto Sweep::is_found(Place place) const -> bool {
  return std::ranges::find(found_, place) != found_.end();
}

auto Sweep::cost_of(const Question& question) const -> reading::Instant::duration {
  return question.patience + transmission_time(format_of(question), usual_bytes);
}

auto Sweep::still_to_ask() const -> std::size_t {
  const auto formats = plan_.formats.size() - next_format_;
  std::size_t count = queue_.size() + formats * plan_.units.size();
  if (!second_look_ && plan_.quick < plan_.full) {
    const auto again = found_.empty() ? plan_.formats.size() : std::size_t{1};
    count += 2 * again * plan_.units.size();
  }
  return count;
}

auto Sweep::time_left() const -> reading::Instant::duration {
  reading::Instant::duration left{};
  for (const auto& question : queue_) {
    left += cost_of(question);
  }
  const auto units = static_cast<std::int64_t>(plan_.units.size());
  for (auto format = next_format_; format < plan_.formats.size(); ++format) {
    left += units * cost_of({format, {}, plan_.quick, false});
  }
  for (std::size_t format = 0;
       !second_look_ && plan_.quick < plan_.full && format < plan_.formats.size(); ++format) {
    const bool again = found_.empty() || std::ranges::any_of(found_, [format](Place place) {
                         return place.format == format;
                       });
    left += again ? units * (cost_of({format, {}, plan_.quick, true}) +
                             cost_of({format, {}, plan_.full, false}))
                  : reading::Instant::duration{};
  }
  return left;
}

}  // namespace bornier::modbus
