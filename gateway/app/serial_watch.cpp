// SPDX-License-Identifier: Apache-2.0
#include "app/serial_watch.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>

#include "model/detect.hpp"

namespace bornier::app {
namespace {

constexpr std::chrono::hours look_again_after{24};
constexpr std::chrono::minutes ask_again_after{10};
constexpr std::chrono::minutes not_exchanged_within{1};

auto essence_of(std::string_view serial) -> std::string {
  std::string essence;
  for (const char letter : serial) {
    if (std::string_view{" \t-./_\0", 7}.find(letter) == std::string_view::npos &&
        !(letter == '0' && essence.empty())) {
      essence += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
  }
  return essence;
}

}  // namespace

auto is_same_serial(std::string_view left, std::string_view right) -> bool {
  return essence_of(left) == essence_of(right);
}

auto is_serial(std::string_view text) -> bool {
  return !essence_of(text).empty();
}

SerialWatch::SerialWatch(const MeterSettings& meter, const BusSettings& bus)
    : expected_{meter.serial}, point_{model::serial_point(*meter.model)} {
  if (!point_) {
    return;
  }
  const std::vector<std::size_t> points{*point_};
  auto requests = plan_requests(*meter.model, points, cost_of(bus, meter.model->timing));
  if (requests) {
    requests_ = std::move(*requests);
  }
}

auto SerialWatch::is_due(reading::Instant now) const -> bool {
  return !requests_.empty() && now >= due_;
}

void SerialWatch::was_away(reading::Instant now) {
  due_ = looked_ ? std::min(due_, std::max(now, *looked_ + not_exchanged_within)) : due_;
}

void SerialWatch::gave_nothing(bool refused, reading::Instant now) {
  due_ = now + (refused ? std::chrono::minutes{look_again_after} : ask_again_after);
}

auto SerialWatch::look_at(std::span<const model::Decoded> points, reading::Instant now)
    -> std::optional<Exchange> {
  const auto point =
      point_ ? std::ranges::find(points, *point_, &model::Decoded::point) : points.end();
  if (point == points.end()) {
    return std::nullopt;
  }
  looked_ = now;
  due_ = now + look_again_after;
  const auto* text = std::get_if<std::string>(&point->value);
  if (text == nullptr || !is_serial(*text)) {
    return std::nullopt;
  }
  const auto before = found_.empty() ? expected_ : found_;
  found_ = *text;
  if (expected_.empty()) {
    expected_ = found_;
  }
  if (before.empty() || is_same_serial(before, found_)) {
    return std::nullopt;
  }
  return Exchange{.before = before, .now = found_};
}

auto SerialWatch::is_exchanged() const -> bool {
  return !found_.empty() && !is_same_serial(found_, expected_);
}

}  // namespace bornier::app
