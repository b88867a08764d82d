// SPDX-License-Identifier: Apache-2.0
// What an MqttIntake says of losses and oddities, to the operator and to the city.
#include <spdlog/spdlog.h>

#include <utility>

#include "app/mqtt_intake.hpp"

namespace bornier::app {
namespace {

constexpr std::chrono::hours explain_again_after{1};

}  // namespace

void MqttIntake::explain(std::size_t meter) {
  auto& state = states_[meter];
  const auto& problem = state.intake.figures().problem;
  const auto now = clock_.clock().now().instant;
  const bool is_old = !state.explained.empty() && now < state.explained_at + explain_again_after;
  if (problem == state.explained || is_old) {
    return;
  }
  state.explained = problem;
  state.explained_at = now;
  spdlog::warn("meter {}: {}; counted in `bornier status`, other values are taken",
               meters_[meter].settings->id, problem);
}

void MqttIntake::tell_falls(std::size_t meter, std::span<const model::Fall> falls,
                            const Collector::Moment& at) {
  auto told = states_[meter].falls.take(*meters_[meter].settings->model, falls, at.now.instant);
  if (told) {
    collector_.event(reading::EventKind::meter_restarted, meters_[meter].number, told->falls,
                     std::move(told->text), at);
  }
}

/// At once, then once an hour: the city is to know that something is missing.
void MqttIntake::tell_losses(const Collector::Moment& at) {
  const auto dropped = client_.dropped();
  const auto lost = dropped + figures_.flooded + too_long();
  if (lost == told_losses_ || at.now.instant < tell_losses_at_) {
    return;
  }
  tell_losses_at_ = at.now.instant + explain_again_after;
  const auto more = lost - std::exchange(told_losses_, lost);
  auto text = "broker " + settings_.name + ": " + std::to_string(more) +
              " messages were not taken; since the start " + std::to_string(figures_.flooded) +
              " beyond the rate of their topic (messages_per_second), " + std::to_string(dropped) +
              " that came faster than they could be taken, " + std::to_string(too_long()) +
              " longer than any that is read";
  spdlog::error("{}", text);
  collector_.event(reading::EventKind::messages_lost, std::nullopt, static_cast<std::int64_t>(more),
                   std::move(text), at);
}

}  // namespace bornier::app
