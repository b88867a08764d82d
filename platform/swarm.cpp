// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iomanip>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>

#include "io/spawn.hpp"

namespace bornier::platform {
namespace {

using reading::Instant;
using std::chrono::milliseconds;

constexpr milliseconds retry_pause{1'000};
constexpr milliseconds repeat_after{30'000};
/// More than that unconfirmed, and a gateway holds its batches back: memory is bounded.
constexpr std::size_t longest_backlog = 100;

/// What all gateways of one run share. On the executor's thread only.
struct Run {
  Run(boost::asio::any_io_executor its_executor, const io::Clock& its_clock,
      SwarmSettings its_settings)
      : executor{std::move(its_executor)},
        clock{its_clock},
        settings{std::move(its_settings)},
        all_ended{executor} {}

  boost::asio::any_io_executor executor;
  const io::Clock& clock;
  SwarmSettings settings;
  Instant sending_ends;
  Instant ends;
  SwarmReport report;
  std::uint32_t live = 0;
  boost::asio::steady_timer all_ended;
};

class Member {
 public:
  Member(Run& run, std::uint32_t number, batch::StreamId stream, Instant first)
      : run_{run},
        gateway_{run.settings.shape, number, stream, run.clock.now().stamp},
        client_{run.executor, run.clock, settings_of(run, gateway_)},
        next_batch_{first} {}

  [[nodiscard]] auto live() -> boost::asio::awaitable<void> {
    client_.connect();
    while (!is_over()) {
      const auto event = co_await client_.next(next_look());
      if (event) {
        co_await take(*event);
      }
      if (reconnects_at_ && *reconnects_at_ <= now().instant) {
        reconnects_at_.reset();
        client_.connect();
      }
      send_what_is_due();
      repeat_what_is_due();
    }
    co_await client_.disconnect();
    if (--run_.live == 0) {
      run_.all_ended.cancel();
    }
  }

 private:
  static auto settings_of(const Run& run, const SwarmGateway& gateway) -> io::MqttSettings {
    auto settings = run.settings.mqtt;
    settings.client_id = run.settings.shape.city + "-" + gateway.name();
    return settings;
  }

  [[nodiscard]] auto now() const -> reading::Now { return run_.clock.now(); }

  [[nodiscard]] auto is_over() const -> bool {
    const auto instant = now().instant;
    return instant >= run_.ends || (instant >= run_.sending_ends && gateway_.unconfirmed().empty());
  }

  [[nodiscard]] auto next_look() const -> Instant {
    auto look = now().instant < run_.sending_ends ? run_.sending_ends : run_.ends;
    if (next_batch_ < run_.sending_ends) {
      look = std::min(look, next_batch_);
    }
    for (const auto& other : {reconnects_at_, repeats_at()}) {
      look = std::min(look, other.value_or(look));
    }
    return look;
  }

  /// When the oldest batch is published again, as a gateway does: the receiver throws away what it
  /// has no room for.
  [[nodiscard]] auto repeats_at() const -> std::optional<Instant> {
    if (!is_introduced_ || gateway_.unconfirmed().empty()) {
      return std::nullopt;
    }
    const auto& oldest = gateway_.unconfirmed().front();
    return (oldest.sequence == repeated_ ? repeated_at_ : oldest.at) + repeat_after;
  }

  void repeat_what_is_due() {
    const auto at = repeats_at();
    if (!at || *at > now().instant) {
      return;
    }
    const auto& oldest = gateway_.unconfirmed().front();
    repeated_ = oldest.sequence;
    repeated_at_ = now().instant;
    ++run_.report.batches_repeated;
    client_.publish(gateway_.topic(batch::TopicKind::backlog), oldest.payload);
  }

  [[nodiscard]] auto take(const io::MqttEvent& event) -> boost::asio::awaitable<void> {
    if (std::holds_alternative<io::MqttConnected>(event)) {
      is_connected_ = true;
      ++run_.report.connections_made;
      co_await introduce();
    } else if (const auto* down = std::get_if<io::MqttDisconnected>(&event)) {
      is_introduced_ = false;
      reconnects_at_ = now().instant + retry_pause;
      ++(std::exchange(is_connected_, false) ? run_.report.connections_lost
                                             : run_.report.attempts_failed);
      if (run_.report.connections_lost + run_.report.attempts_failed == 1) {
        spdlog::warn("{}: {}; tried again, and further ones are counted", gateway_.name(),
                     down->reason);
      }
    } else if (const auto* message = std::get_if<io::MqttMessage>(&event)) {
      take(*message);
    }
  }

  void take(const io::MqttMessage& message) {
    if (message.topic == gateway_.topic(batch::TopicKind::command)) {
      publish_catalog();  // what it asks to be sent again is unconfirmed and waits for the broker
      return;
    }
    const auto confirmation = batch::decode_confirmation(message.payload);
    if (!confirmation) {
      return;
    }
    for (const auto& freed : gateway_.confirm(*confirmation, now().instant)) {
      ++run_.report.batches_confirmed;
      run_.report.readings_confirmed += freed.readings;
      run_.report.took.push_back(freed.took);
    }
  }

  [[nodiscard]] auto introduce() -> boost::asio::awaitable<void> {
    std::vector<std::string> filters;
    filters.push_back(gateway_.topic(batch::TopicKind::confirm));
    filters.push_back(gateway_.topic(batch::TopicKind::command));
    const auto subscribed = co_await client_.subscribe(std::move(filters));
    if (!subscribed) {
      spdlog::warn("{}: {}", gateway_.name(), subscribed.error());
      co_return;
    }
    is_introduced_ = true;
    publish_catalog();
    for (const auto& sent : gateway_.unconfirmed()) {
      client_.publish(gateway_.topic(batch::TopicKind::backlog), sent.payload);
    }
  }

  void publish_catalog() {
    client_.publish(gateway_.topic(batch::TopicKind::catalog), gateway_.catalog(), true);
  }

  void send_what_is_due() {
    const auto moment = now();
    while (next_batch_ <= moment.instant && next_batch_ < run_.sending_ends) {
      next_batch_ += run_.settings.shape.every;
      if (gateway_.unconfirmed().size() >= longest_backlog) {
        ++run_.report.batches_held_back;
        continue;
      }
      const auto& sent = gateway_.seal(moment);
      ++run_.report.batches_sent;
      run_.report.readings_sent += sent.readings;
      if (is_introduced_) {
        client_.publish(gateway_.topic(batch::TopicKind::batch), sent.payload);
      }
    }
  }

  Run& run_;
  SwarmGateway gateway_;
  io::MqttClient client_;
  Instant next_batch_;
  std::optional<Instant> reconnects_at_;
  batch::Sequence repeated_;  ///< the batch that was repeated last
  Instant repeated_at_;
  bool is_connected_ = false;
  bool is_introduced_ = false;
};

/// `sorted` is not empty.
auto percentile(const std::vector<std::chrono::microseconds>& sorted, std::size_t percent)
    -> double {
  const auto index = std::min(sorted.size() - 1, sorted.size() * percent / 100);
  return std::chrono::duration<double, std::milli>{sorted[index]}.count();
}

}  // namespace

auto run_swarm(boost::asio::any_io_executor executor, const io::Clock& clock,
               SwarmSettings settings) -> boost::asio::awaitable<SwarmReport> {
  Run run{executor, clock, std::move(settings)};
  const auto begins = clock.now().instant;
  run.sending_ends = begins + run.settings.lasts;
  run.ends = run.sending_ends + run.settings.patience;
  run.live = run.settings.gateways;
  std::random_device device;
  std::vector<std::unique_ptr<Member>> members;
  for (std::uint32_t number = 0; number < run.settings.gateways; ++number) {
    const auto stream = (std::uint64_t{device()} << 32U) | device() | 1U;
    const auto first = begins + run.settings.shape.every * number / run.settings.gateways;
    members.push_back(std::make_unique<Member>(run, number + 1, batch::StreamId{stream}, first));
    io::spawn(executor, members.back()->live(), "gateway " + std::to_string(number + 1));
  }
  while (run.live > 0) {
    run.all_ended.expires_at(boost::asio::steady_timer::time_point::max());
    co_await run.all_ended.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  co_return std::move(run.report);
}

void print(std::ostream& out, const SwarmSettings& settings, SwarmReport report) {
  if (report.connections_made == 0) {
    out << "the broker " << settings.mqtt.broker << " was never reached: " << settings.gateways
        << " gateways, " << report.attempts_failed << " attempts to connect, nothing sent\n";
    return;
  }
  auto& took = report.took;
  std::sort(took.begin(), took.end());
  const auto seconds = std::chrono::duration<double>{settings.lasts}.count();
  out << "gateways    " << settings.gateways << ", " << report.connections_lost
      << " connections lost, " << report.attempts_failed << " attempts to connect failed\n"
      << "batches     " << report.batches_sent << " sent, " << report.batches_confirmed
      << " confirmed, " << report.batches_held_back << " held back; " << report.batches_repeated
      << " repetitions\n"
      << "readings    " << report.readings_sent << " sent, " << report.readings_confirmed
      << " confirmed, " << std::fixed << std::setprecision(0)
      << static_cast<double>(report.readings_sent) / seconds << " a second\n";
  if (!took.empty()) {
    out << std::setprecision(1) << "to confirm  50 % " << percentile(took, 50) << " ms, 90 % "
        << percentile(took, 90) << " ms, 99 % " << percentile(took, 99) << " ms, slowest "
        << percentile(took, 100) << " ms\n";
  }
}

}  // namespace bornier::platform
