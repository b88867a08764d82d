// SPDX-License-Identifier: Apache-2.0
#include "app/mqtt_intake.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "buffer/memo.hpp"
#include "intake/topic_filters.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using reading::Acquisition;
using reading::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds shortest_pause{1'000};
constexpr std::uint32_t most_doublings = 6;
constexpr seconds look_every{1};
constexpr milliseconds look_at_disk_every{200};
constexpr milliseconds look_at_subscriptions_every{5};
/// Thousands of messages may wait: between some of them others have their turn, such as a bus whose
/// answer has come.
constexpr std::size_t steps_in_a_row = 32;
/// At a start nobody knows how long we were away.
constexpr std::chrono::seconds away_before_start = std::chrono::hours{1};
/// From a connection to the first of what the broker has kept.
constexpr seconds settle_for{2};
/// Longer ones are not remembered: nobody's meter has them.
constexpr std::size_t longest_topic = 1'024;
/// The broker sends again only what it had under way: its window is rarely larger.
constexpr std::size_t sent_remembered = 256;

auto digest_of(const io::MqttMessage& message) -> std::size_t {
  const std::string_view payload{reinterpret_cast<const char*>(message.payload.data()),
                                 message.payload.size()};
  return std::hash<std::string_view>{}(message.topic) * 31 + std::hash<std::string_view>{}(payload);
}

auto plan_of(const MqttMeterSettings& settings) -> intake::MeterPlan {
  intake::MeterPlan plan{settings.model, *settings.settings, settings.captures, {}, {}};
  for (const auto& [point, every] : settings.points) {
    plan.points.push_back(point);
    plan.every.push_back(every);
  }
  return plan;
}

/// How much later than its own time a sample came.
auto delay_of(reading::PointNumber point, reading::Stamp time, reading::Stamp now)
    -> reading::Number {
  return {.point = point, .quality = {}, .value = {(now - time).count(), -3}};
}

}  // namespace

MqttIntake::MqttIntake(const boost::asio::any_io_executor& executor,
                       const MqttBrokerSettings& settings, io::MqttSettings mqtt,
                       std::vector<Meter> meters, const TrustedClock& clock, Collector& collector,
                       std::function<bool()> disk_is_behind, std::string_view held_filters)
    : executor_{executor},
      settings_{settings},
      meters_{std::move(meters)},
      clock_{clock},
      collector_{collector},
      disk_is_behind_{std::move(disk_is_behind)},
      client_{executor, clock.clock(), std::move(mqtt)},
      wakeup_{executor, clock.clock()},
      topics_{settings.messages_per_second,
              [this](std::string_view topic) { return meters_of(topic); }} {
  const auto now = clock_.clock().now().instant;
  here_until_ = now - away_before_start;
  while (!held_filters.empty()) {
    const auto end = held_filters.find('\n');
    held_.emplace_back(held_filters.substr(0, end));
    held_filters.remove_prefix(end == std::string_view::npos ? held_filters.size() : end + 1);
  }
  std::ranges::sort(held_);
  for (const auto& meter : meters_) {
    states_.push_back({intake::MeterIntake{plan_of(*meter.settings), meter.memory, meter.counters},
                       now + meter.settings->silent_after});
  }
}

auto MqttIntake::filters() const -> std::vector<std::string> {
  std::set<std::string> filters;
  for (const auto& state : states_) {
    for (auto& filter : state.intake.filters()) {
      filters.insert(std::move(filter));
    }
  }
  return intake::without_overlap({filters.begin(), filters.end()});
}

auto MqttIntake::held_filters() const -> std::string {
  std::string lines;
  for (const auto& filter : held_) {
    lines += (lines.empty() ? "" : "\n") + filter;
  }
  return lines;
}

auto MqttIntake::meters_of(std::string_view topic) const -> std::vector<std::size_t> {
  std::vector<std::size_t> found;
  for (std::size_t meter = 0; meter < states_.size(); ++meter) {
    if (states_[meter].intake.concerns(topic)) {
      found.push_back(meter);
    }
  }
  return found;
}

void MqttIntake::stop() {
  stopped_ = true;
  wakeup_.notify();
}

auto MqttIntake::listen_until_stopped() -> boost::asio::awaitable<void> {
  for (std::size_t step = 1; !stopped_; ++step) {
    co_await next_step();
    if (step % steps_in_a_row == 0) {
      co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    }
  }
  co_await say_goodbye();
  ended_ = true;
}

/// What waits for us was acknowledged: the broker will not send it again.
auto MqttIntake::say_goodbye() -> boost::asio::awaitable<void> {
  co_await take_what_waits();
  co_await client_.disconnect();
  co_await take_what_waits();
  while (subscribing_) {
    co_await wakeup_.wait(clock_.clock().now().instant + look_at_subscriptions_every);
  }
  end_backlog();
}

auto MqttIntake::take_what_waits() -> boost::asio::awaitable<void> {
  for (;;) {
    const auto event = co_await client_.next(clock_.clock().now().instant);
    if (!event) {
      co_return;
    }
    happened(*event);
  }
}

auto MqttIntake::next_step() -> boost::asio::awaitable<void> {
  const auto now = clock_.clock().now();
  if (now.instant >= look_at_silence_) {
    look_at_silence_ = now.instant + look_every;
    watch_silence(now);
  }
  if (disk_is_behind_()) {
    co_await leave("the disk is behind; the broker keeps messages meanwhile");
    co_await wakeup_.wait(now.instant + look_at_disk_every);
  } else if (client_.is_connected() && client_.is_filling() && qos_ > 0 &&
             settings_.session.count() > 0) {
    co_await leave("more came at once than can be taken; the broker keeps the rest meanwhile");
  } else if (!client_.is_connected() && now.instant >= try_at_ && client_.waiting() == 0) {
    try_at_ = now.instant + std::chrono::minutes{1};  // until the attempt has an end
    client_.connect();
  }
  const auto event = co_await client_.next(now.instant + look_at_disk_every);
  if (event) {
    happened(*event);
  }
}

auto MqttIntake::leave(std::string reason) -> boost::asio::awaitable<void> {
  if (client_.is_connected()) {
    ++figures_.pauses;
    leaving_ = true;
    co_await client_.disconnect();
  }
  figures_.reason = std::move(reason);
  try_at_ = clock_.clock().now().instant;
}

void MqttIntake::happened(const io::MqttEvent& event) {
  if (const auto* message = std::get_if<io::MqttMessage>(&event)) {
    received(*message);
  } else if (const auto* up = std::get_if<io::MqttConnected>(&event)) {
    connected(*up);
  } else if (const auto* down = std::get_if<io::MqttDisconnected>(&event)) {
    disconnected(down->reason);
  }
}

void MqttIntake::connected(const io::MqttConnected& event) {
  ++figures_.connections;
  figures_.mqtt_version = event.version;
  const auto now = clock_.clock().now().instant;
  here_ = true;
  connected_at_ = now;
  is_backlog_ = is_backlog_ || event.session_present;
  topics_.allow_for(
      event.session_present ? std::chrono::ceil<seconds>(now - here_until_) : seconds{0}, now);
  if (const auto gone = std::exchange(gone_since_, std::nullopt)) {
    for (auto& state : states_) {
      state.silent_from += now - *gone;  // nobody could be heard meanwhile
    }
  }
  if (!event.session_present) {
    held_.clear();
  }
  if (!stopped_ && !std::exchange(subscribing_, true)) {
    io::spawn(executor_, subscribe(), "subscriptions of broker " + settings_.name);
  }
}

/// Goes on beside the messages: a broker that has kept the session sends them at once, they are
/// acknowledged when they have come, and many filters take their time.
auto MqttIntake::subscribe() -> boost::asio::awaitable<void> {
  std::uint64_t connection = 0;
  do {
    connection = figures_.connections;
    const auto wanted = filters();
    std::vector<std::string> all;
    std::ranges::set_union(held_, wanted, std::back_inserter(all));
    std::vector<std::string> others;
    std::ranges::set_difference(held_, wanted, std::back_inserter(others));
    hold(std::move(all));
    held_too_many_ = intake::without_overlap(held_).size() < held_.size();
    auto asked_for = wanted;
    const auto outcome = co_await client_.subscribe(std::move(asked_for));
    // Only now, or what is published in between would be lost.
    const auto ended = co_await client_.unsubscribe(std::move(others));
    if (client_.is_connected() && connection == figures_.connections) {
      if (ended) {
        hold(wanted);
      }
      held_too_many_ = false;
      subscribed(outcome);
    }
  } while (client_.is_connected() && connection != figures_.connections);
  subscribing_ = false;
}

/// They are remembered, for a session outlives us.
void MqttIntake::hold(std::vector<std::string> filters) {
  if (settings_.session.count() == 0 || held_ == filters) {
    return;
  }
  held_ = std::move(filters);
  collector_.remember({filters_key(settings_.name), held_filters()}, clock_.moment());
}

void MqttIntake::subscribed(const wire::Result<void, std::string>& outcome) {
  if (!outcome) {
    spdlog::error("broker {}: {}; correct its access rules; the rest is read", settings_.name,
                  outcome.error());
  }
  figures_.reason = outcome ? std::string{} : outcome.error();
  failures_ = 0;
  spdlog::info("broker {}: connected to {}, {} meters", settings_.name, settings_.broker,
               meters_.size());
  const auto at = clock_.moment();
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    const auto& state = states_[meter];
    if (!state.offline && at.now.instant < state.silent_from) {
      collector_.meter_is(meters_[meter].number,
                          state.heard ? Acquisition::ok : Acquisition::not_polled_yet, at);
    }
  }
}

void MqttIntake::disconnected(const std::string& reason) {
  const auto at = clock_.moment();
  if (std::exchange(here_, false)) {
    here_until_ = at.now.instant;
    gone_since_ = at.now.instant;
  }
  if (stopped_ || std::exchange(leaving_, false)) {
    return;
  }
  try_at_ = at.now.instant + shortest_pause * (1U << std::min(failures_, most_doublings));
  ++failures_;
  if (figures_.reason != reason) {
    spdlog::error("broker {}: {}; its meters give nothing; it is tried again", settings_.name,
                  reason);
  }
  figures_.reason = reason;
  for (const auto& meter : meters_) {
    collector_.meter_is(meter.number, Acquisition::bus_down, at);
  }
}

/// A broker that lost the connection sends again what it had no PUBACK for, with the same packet
/// id. It cannot know that we had it.
auto MqttIntake::was_here(const io::MqttMessage& message) -> bool {
  if (message.qos == 0) {
    return false;
  }
  const Sent sent{message.packet_id, digest_of(message)};
  const auto is_known = [&] {
    return std::ranges::any_of(sent_, [&](const Sent& other) {
      return other.digest == sent.digest && (held_too_many_ || other.packet_id == sent.packet_id);
    });
  };
  if ((message.duplicate || held_too_many_) && is_known()) {
    return true;
  }
  sent_.push_back(sent);
  if (sent_.size() > sent_remembered) {
    sent_.pop_front();
  }
  return false;
}

void MqttIntake::received(const io::MqttMessage& message) {
  ++figures_.messages;
  qos_ = message.qos;
  if (was_here(message)) {
    ++figures_.repeated;
    return;
  }
  if (message.topic.size() > longest_topic) {
    ++figures_.too_long;
    return;
  }
  auto at = clock_.moment();
  const auto now = at.now.instant;
  auto& topic = topics_.at(message.topic, now);
  if (!topics_.admit(topic, now)) {
    ++figures_.flooded;
    if (!std::exchange(explained_flood_, true)) {
      spdlog::warn(
          "broker {}: more than {} messages a second come on {}; what is beyond that is not taken "
          "(messages_per_second), and counted in `bornier status`",
          settings_.name, settings_.messages_per_second, message.topic);
    }
    return;
  }
  at.now = intake::TopicTable::arrival(topic, at.now);
  for (const auto meter : topic.meters) {
    hand_over(meter, message, at);
  }
}

void MqttIntake::hand_over(std::size_t meter, const io::MqttMessage& message,
                           const Collector::Moment& at) {
  auto& state = states_[meter];
  const auto number = meters_[meter].number;
  const auto taken = state.intake.take({.topic = message.topic,
                                        .payload = message.payload,
                                        .retained = message.retained,
                                        .now = at.now,
                                        .clock_trusted = at.trusted,
                                        .is_backlog = is_backlog_});
  explain(meter);
  using Word = intake::Taken::Word;
  if (taken.availability != Word::none) {
    const bool was_offline = std::exchange(state.offline, taken.availability == Word::offline);
    if (state.offline) {
      collector_.meter_is(number, Acquisition::no_response, at);
    } else if (was_offline) {
      state.silent_from = at.now.instant + meters_[meter].settings->silent_after;
      collector_.meter_is(number, Acquisition::not_polled_yet, at);
    }
  }
  if (!taken.samples.empty()) {
    keep(meter, taken, at);
  } else if (taken.heard) {
    collector_.meter_is(number, Acquisition::ok, at);
  }
  if (taken.heard) {
    state.heard = at.now.instant;
    state.silent_from = at.now.instant + meters_[meter].settings->silent_after;
    state.offline = false;
  }
  tell_falls(meter, taken.falls, at);
}

void MqttIntake::end_backlog() {
  is_backlog_ = false;
  const auto at = clock_.moment();
  for (std::size_t meter = 0; meter < states_.size(); ++meter) {
    if (const auto taken = states_[meter].intake.end_of_backlog(at.now); !taken.samples.empty()) {
      keep(meter, taken, at);
    }
  }
}

void MqttIntake::keep(std::size_t meter, const intake::Taken& taken, const Collector::Moment& at) {
  std::vector<Collector::Sent> samples;
  for (const auto& sample : taken.samples) {
    samples.push_back({.points = sample.points, .time = sample.time, .extra = {}});
    // One reading of a point at a time, also where two messages state the same.
    if (sample.time && meters_[meter].arrival_delay && at.trusted &&
        std::exchange(states_[meter].delay_told, sample.time) != sample.time) {
      samples.back().extra = delay_of(*meters_[meter].arrival_delay, *sample.time, at.now.stamp);
    }
  }
  std::vector<buffer::Memo> memos;
  if (taken.remembers) {
    memos.push_back({memo_key(*meters_[meter].settings), states_[meter].intake.memory()});
  }
  if (taken.remembers_counters) {
    memos.push_back({counters_key(*meters_[meter].settings), states_[meter].intake.counters()});
  }
  collector_.sent(meters_[meter].number, samples, std::move(memos), at);
}

void MqttIntake::watch_silence(const reading::Now& now) {
  const Collector::Moment at{now, clock_.is_trusted()};
  tell_losses(at);
  const bool all_came = now.instant >= connected_at_ + settle_for && client_.waiting() == 0;
  if (is_backlog_ && client_.is_connected() && all_came) {
    end_backlog();
  }
  if (!client_.is_connected()) {
    return;
  }
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    tell_falls(meter, {}, at);
    if (now.instant >= states_[meter].silent_from) {
      collector_.meter_is(meters_[meter].number, Acquisition::no_response, at);
    }
  }
}

auto memo_key(const MqttMeterSettings& meter) -> std::string {
  return "mqtt/" + meter.id;
}

auto counters_key(const MqttMeterSettings& meter) -> std::string {
  return "mqtt/" + meter.id + "/counters";
}

auto filters_key(const std::string& broker) -> std::string {
  return "mqtt-filters/" + broker;
}

}  // namespace bornier::app
