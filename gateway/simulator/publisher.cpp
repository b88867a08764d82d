// SPDX-License-Identifier: Apache-2.0
#include "simulator/publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <span>
#include <utility>
#include <variant>

namespace bornier::simulator {
namespace {

using reading::Instant;
using reading::Now;
using reading::Stamp;

/// Some times what MqttClient has on the way: the broker never waits for us.
constexpr std::size_t most_under_way = 200;
constexpr std::chrono::seconds try_again_after{1};
/// An attempt has an end of its own long before.
constexpr std::chrono::minutes longest_attempt{1};
/// The clock may be set at any time.
constexpr std::chrono::seconds look_at_clock_every{1};
/// Where more is due than can be sent `next` never waits, and others want their turn too.
constexpr std::size_t steps_in_a_row = 32;
constexpr std::uint8_t refused = 0x80;  // MQTT 5, section 2.4

auto kinds_of(const std::vector<MessageMeter>& meters) -> std::vector<MessageSchedule::Kind> {
  std::vector<MessageSchedule::Kind> kinds;
  for (std::size_t meter = 0; meter < meters.size(); ++meter) {
    for (std::size_t kind = 0; kind < meters[meter].kinds(); ++kind) {
      kinds.push_back({meter, kind, meters[meter].description().every});
    }
  }
  return kinds;
}

auto meters_of(std::vector<MessageMeterDescription> descriptions, Stamp start)
    -> std::vector<MessageMeter> {
  std::vector<MessageMeter> meters;
  meters.reserve(descriptions.size());
  for (auto& description : descriptions) {
    meters.emplace_back(std::move(description), start);
  }
  return meters;
}

}  // namespace

Publisher::Publisher(const boost::asio::any_io_executor& executor, const io::Clock& clock,
                     Broker broker, Stamp start, PublishedLog& log)
    : executor_{executor},
      clock_{clock},
      log_{log},
      broker_{broker.mqtt.broker},
      meters_{meters_of(std::move(broker.meters), start)},
      explained_(meters_.size(), false),
      schedule_{kinds_of(meters_), clock.now().stamp} {
  client_.emplace(executor, clock, std::move(broker.mqtt));
}

void Publisher::stop() {
  stopped_ = true;
  client_.reset();
}

auto Publisher::find(std::string_view name) -> MessageMeter* {
  const auto found = std::ranges::find_if(
      meters_, [&](const auto& meter) { return meter.description().name == name; });
  return found == meters_.end() ? nullptr : &*found;
}

auto Publisher::publish_until_stopped(std::shared_ptr<Publisher> self)
    -> boost::asio::awaitable<void> {
  for (std::size_t step = 1; !self->stopped_; ++step) {
    if (step % steps_in_a_row == 0) {
      co_await boost::asio::post(self->executor_, boost::asio::use_awaitable);
      continue;
    }
    const auto now = self->clock_.now();
    if (!self->client_->is_connected() && now.instant >= self->try_at_) {
      self->try_at_ = now.instant + longest_attempt;
      self->client_->connect();
    }
    const auto until = self->send_what_is_due(now);
    const auto event = co_await self->client_->next(until);
    if (event && !self->stopped_) {
      self->happened(*event);
    }
  }
}

auto Publisher::send_what_is_due(Now now) -> Instant {
  const auto look_again = now.instant + look_at_clock_every;
  while (under_way_.size() < most_under_way) {
    const auto due = schedule_.take(now.stamp);
    if (!due) {
      const auto next = schedule_.next();
      return next ? std::min(look_again, now.instant + (*next - now.stamp)) : look_again;
    }
    if (client_->is_connected() && !meters_[due->meter].description().dead) {
      send(*due, now.stamp);
    }
  }
  return look_again;  // or once the broker has answered
}

void Publisher::send(const MessageSchedule::Due& due, Stamp now) {
  auto& meter = meters_[due.meter];
  auto composed = meter.compose(due.kind, due.time);
  if (!composed) {
    if (!explained_[due.meter]) {
      spdlog::error("meter {}: {}; what is like this is not sent", meter.description().name,
                    composed.error());
      explained_[due.meter] = true;
    }
    return;
  }
  const auto token = client_->publish(composed->topic, std::as_bytes(std::span{composed->payload}),
                                      meter.description().retained);
  if (token) {
    under_way_.emplace(token->value(), Sent{due.meter, now, std::move(composed->topic),
                                            std::move(composed->payload)});
  }
}

void Publisher::happened(const io::MqttEvent& event) {
  if (const auto* taken = std::get_if<io::MqttAcknowledged>(&event)) {
    acknowledged(*taken);
  } else if (const auto* down = std::get_if<io::MqttDisconnected>(&event)) {
    disconnected(down->reason);
  } else if (std::holds_alternative<io::MqttConnected>(event)) {
    explained_absence_ = false;
    spdlog::info("broker {}: connected, {} meters", broker_, meters_.size());
  }
}

void Publisher::disconnected(const std::string& reason) {
  under_way_.clear();
  try_at_ = clock_.now().instant + try_again_after;
  if (!std::exchange(explained_absence_, true)) {
    spdlog::error("broker {}: {}; its meters say nothing; it is tried again", broker_, reason);
  }
}

void Publisher::acknowledged(const io::MqttAcknowledged& event) {
  const auto found = under_way_.find(event.token.value());
  if (found == under_way_.end()) {
    return;
  }
  const auto sent = std::move(found->second);
  under_way_.erase(found);
  if (event.reason_code >= refused) {
    if (!std::exchange(explained_refusal_, true)) {
      spdlog::error("broker {}: it refuses what is published as {}; correct its access rules",
                    broker_, sent.topic);
    }
    return;
  }
  auto& meter = meters_[sent.meter];
  log_.add(sent.time, meter, sent.topic, meter.taken_from(sent.topic, sent.payload, clock_.now()));
  if (schedule_.skipped() > 0 && !std::exchange(explained_skips_, true)) {
    spdlog::warn("broker {}: more is due than can be sent; messages are left out", broker_);
  }
}

}  // namespace bornier::simulator
