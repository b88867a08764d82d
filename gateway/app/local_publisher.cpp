// SPDX-License-Identifier: Apache-2.0
#include "app/local_publisher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>

namespace bornier::app {
namespace {

using std::chrono::milliseconds;

/// MqttClient's window: what it cannot send yet would only wait in another place.
constexpr std::size_t most_on_the_way = 20;
constexpr milliseconds first_reconnect{1'000};
constexpr milliseconds longest_reconnect{60'000};
constexpr milliseconds idle{60'000};
constexpr std::uint8_t refused = 0x80;  // MQTT 5, section 2.4

/// Doubles with each failure; between half of it and all.
auto pause_after(std::uint32_t failures, std::uint64_t random) -> milliseconds {
  const auto whole = std::min(first_reconnect * (1U << std::min(failures, 6U)), longest_reconnect);
  const auto half = whole.count() / 2;
  return milliseconds{half + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(half))};
}

}  // namespace

LocalPublisher::LocalPublisher(const boost::asio::any_io_executor& executor, Settings settings,
                               const io::Clock& clock, std::uint64_t seed)
    : settings_{std::move(settings)},
      clock_{clock},
      names_{settings_.topic},
      random_{seed},
      client_{executor, clock, settings_.mqtt},
      next_attempt_{clock.now().instant} {
  view_.broker = settings_.mqtt.broker;
}

void LocalPublisher::accepted(const reading::Entries& entries, bool trusted) {
  names_.translate(entries, trusted, waiting_);
  hand_over();
  drop_oldest();
}

void LocalPublisher::drop_oldest() {
  if (waiting_.size() <= settings_.most_waiting) {
    return;
  }
  const auto surplus = waiting_.size() - settings_.most_waiting;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(surplus));
  view_.dropped += surplus;
  if (!std::exchange(dropping_told_, true)) {
    spdlog::warn(
        "local: {} readings wait for the broker; of more the oldest are not published there",
        settings_.most_waiting);
  }
}

void LocalPublisher::hand_over() {
  while (!leaving_ && !waiting_.empty() && on_the_way_.size() < most_on_the_way &&
         client_.is_connected()) {
    const auto payload = payload_of(waiting_.front());
    const auto token =
        client_.publish(topic_of(waiting_.front()), std::as_bytes(std::span{payload}),
                        settings_.retain && waiting_.front().newest);
    if (!token) {
      return;
    }
    on_the_way_.emplace_back(*token, std::move(waiting_.front()));
    waiting_.pop_front();
    dropping_told_ = dropping_told_ && !waiting_.empty();
  }
}

auto LocalPublisher::publish_for_ever() -> boost::asio::awaitable<void> {
  while (!leaving_) {
    const auto now = clock_.now().instant;
    if (link_ == Link::down && next_attempt_ <= now) {
      link_ = Link::connecting;
      client_.connect();
    }
    const auto until = link_ == Link::down ? next_attempt_ : now + idle;
    const auto event = co_await client_.next(until);
    if (event) {
      take(*event);
      hand_over();
    }
  }
}

void LocalPublisher::take(const io::MqttEvent& event) {
  if (const auto* up = std::get_if<io::MqttConnected>(&event)) {
    connected(*up);
  } else if (const auto* down = std::get_if<io::MqttDisconnected>(&event)) {
    disconnected(*down);
  } else if (const auto* done = std::get_if<io::MqttAcknowledged>(&event)) {
    acknowledged(*done);
  }
}

void LocalPublisher::connected(const io::MqttConnected& event) {
  link_ = Link::up;
  connected_at_ = clock_.now().instant;
  refusal_told_ = false;
  view_.connected = true;
  view_.reason.clear();
  spdlog::info("local: connected to {} with MQTT {}", view_.broker,
               event.version == 5 ? "5" : "3.1.1");
}

void LocalPublisher::disconnected(const io::MqttDisconnected& event) {
  if (leaving_) {
    return;
  }
  const auto now = clock_.now().instant;
  if (link_ == Link::up && now - connected_at_ >= longest_reconnect) {
    failures_ = 0;
  }
  next_attempt_ = now + pause_after(failures_++, random_());
  link_ = Link::down;
  if (view_.reason != event.reason) {
    spdlog::warn("local: {}; the connection is tried again, the last {} readings are kept for it",
                 event.reason, settings_.most_waiting);
  }
  view_.connected = false;
  view_.reason = event.reason;
  // They may have arrived: once more is better than not at all.
  while (!on_the_way_.empty()) {
    waiting_.push_front(std::move(on_the_way_.back().second));
    on_the_way_.pop_back();
  }
  drop_oldest();
}

void LocalPublisher::acknowledged(const io::MqttAcknowledged& event) {
  const auto found =
      std::ranges::find(on_the_way_, event.token, &std::pair<io::MqttToken, LocalMessage>::first);
  if (found == on_the_way_.end()) {
    return;
  }
  if (event.reason_code < refused) {
    ++view_.published;
  } else {
    ++view_.refused;
    if (!std::exchange(refusal_told_, true)) {
      spdlog::warn(
          "local: the broker does not take what is published on {} (reason code {:#x}); see its "
          "access rules",
          topic_of(found->second), event.reason_code);
    }
  }
  on_the_way_.erase(found);
}

auto LocalPublisher::say_goodbye() -> boost::asio::awaitable<void> {
  leaving_ = true;
  co_await client_.disconnect();
}

}  // namespace bornier::app
