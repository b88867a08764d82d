// SPDX-License-Identifier: Apache-2.0
#include "platform/service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <utility>

#include "io/signals.hpp"
#include "platform/database_thread.hpp"
#include "platform/metrics.hpp"
#include "platform/metrics_server.hpp"
#include "platform/repeats.hpp"
#include "platform/republish.hpp"

namespace bornier::platform {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds heartbeat_every{60};
constexpr seconds longest_reconnect{30};
/// How long a stop waits for the broker to acknowledge the last confirmations.
constexpr seconds leave_within{2};

auto is_ours(const ServiceSettings& settings, std::string_view city, std::string_view gateway)
    -> bool {
  return (settings.city.empty() || city == settings.city) && settings.share.contains(city, gateway);
}

auto filled_in(std::string topic, const batch::Header& header) -> std::string {
  const auto replace = [&topic](std::string_view name, const std::string& text) {
    const auto at = topic.find(name);
    if (at != std::string::npos) {
      topic.replace(at, name.size(), text);
    }
  };
  replace("{city}", header.city);
  replace("{gateway}", header.gateway);
  return topic;
}

auto level_of(Tell::Level level) -> spdlog::level::level_enum {
  switch (level) {
    case Tell::Level::info: return spdlog::level::info;
    case Tell::Level::warning: return spdlog::level::warn;
    case Tell::Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

class Service::Impl {
 public:
  Impl(const asio::any_io_executor& executor, const io::Clock& clock, ServiceSettings settings,
       std::unique_ptr<Database> database, const std::vector<KnownStream>& known)
      : clock_{clock},
        settings_{std::move(settings)},
        client_{executor, clock, settings_.mqtt},
        database_{std::move(database)},
        receiver_{settings_.limits, known},
        wake_{executor},
        heartbeat_{executor},
        pause_{executor},
        patience_{executor} {}

  auto run() -> asio::awaitable<void>;
  void stop();

  [[nodiscard]] auto listen_for_metrics() -> std::optional<Failure>;

  Republisher republisher;
  std::unique_ptr<MetricsServer> metrics;
  bool ready{};

  [[nodiscard]] auto counters() const -> const Counters& { return receiver_.counters(); }

 private:
  auto listen() -> asio::awaitable<void>;
  auto work() -> asio::awaitable<void>;
  auto beat() -> asio::awaitable<void>;
  auto end_in_time() -> asio::awaitable<void>;
  auto serve_metrics() -> asio::awaitable<void>;
  auto subscribe(int version) -> asio::awaitable<bool>;
  auto commit(std::span<const Arrival> arrivals) -> asio::awaitable<void>;
  auto reread(StreamName stream, batch::Sequence from) -> asio::awaitable<void>;
  auto wait_until(asio::steady_timer& timer, reading::Instant until) -> asio::awaitable<void>;
  auto reconnect_later(const std::string& reason) -> asio::awaitable<void>;
  void take(io::MqttMessage& message);
  void republish(std::span<const Arrival> arrivals, std::span<const Verdict> verdicts);
  void publish(const std::string& topic, std::span<const std::byte> payload);
  void tell(const Tell& news);
  void say_ready();

  const io::Clock& clock_;
  ServiceSettings settings_;
  io::MqttClient client_;
  DatabaseThread database_;
  Receiver receiver_;
  Repeats repeats_;
  asio::steady_timer wake_;
  asio::steady_timer heartbeat_;
  asio::steady_timer pause_;
  asio::steady_timer patience_;               ///< of a stop
  std::optional<reading::Instant> asked_at_;  ///< the database owes an answer since then
  std::minstd_rand jitter_{std::random_device{}()};
  milliseconds reconnect_pause_{};
  std::size_t unacknowledged_{};
  std::uint64_t unpublished_{};
  bool stopping_{};
  bool left_{};
};

auto Service::Impl::run() -> asio::awaitable<void> {
  using namespace asio::experimental::awaitable_operators;
  auto all = listen() && work() && beat() && end_in_time() && serve_metrics();
  co_await std::move(all);
}

void Service::Impl::stop() {
  stopping_ = true;
  receiver_.drain();
  if (metrics) {
    metrics->stop();
  }
  wake_.cancel();
  heartbeat_.cancel();
  pause_.cancel();
  patience_.cancel();
}

auto Service::Impl::wait_until(asio::steady_timer& timer, reading::Instant until)
    -> asio::awaitable<void> {
  timer.expires_after(std::max(until - clock_.now().instant, reading::Instant::duration{0}));
  boost::system::error_code cancelled;
  auto waiting = timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_await std::move(waiting);
}

auto Service::Impl::listen() -> asio::awaitable<void> {
  client_.connect();
  while (!left_) {
    const auto until = clock_.now().instant + milliseconds{200};
    auto event = co_await client_.next(until);
    if (!event) {
      continue;
    }
    if (auto* message = std::get_if<io::MqttMessage>(&*event)) {
      take(*message);
    } else if (std::holds_alternative<io::MqttAcknowledged>(*event)) {
      unacknowledged_ -= std::min<std::size_t>(unacknowledged_, 1);
      wake_.cancel();
    } else if (const auto* connected = std::get_if<io::MqttConnected>(&*event)) {
      unacknowledged_ = 0;
      receiver_.broker_found(clock_.now().instant);
      spdlog::info("connected to {} with MQTT {}", settings_.mqtt.broker,
                   connected->version == 5 ? "5" : "3.1.1");
      const bool subscribed = co_await subscribe(connected->version);
      if (!subscribed) {
        co_await client_.disconnect();
      }
    } else if (const auto* gone = std::get_if<io::MqttDisconnected>(&*event)) {
      unacknowledged_ = 0;
      receiver_.broker_lost();
      ready = false;
      const std::string reason = gone->reason;
      co_await reconnect_later(reason);
    }
  }
}

auto Service::Impl::reconnect_later(const std::string& reason) -> asio::awaitable<void> {
  if (stopping_) {
    co_return;
  }
  const auto now = clock_.now().instant;
  if (repeats_.is_news("no connection to the broker", now)) {
    spdlog::warn("no connection to {}: {}; it is tried again", settings_.mqtt.broker, reason);
  }
  reconnect_pause_ = std::clamp<milliseconds>(reconnect_pause_ * 2, seconds{1}, longest_reconnect);
  const milliseconds extra{
      std::uniform_int_distribution<std::int64_t>{0, reconnect_pause_.count() / 2}(jitter_)};
  const auto until = now + reconnect_pause_ + extra;
  co_await wait_until(pause_, until);
  if (!stopping_) {
    client_.connect();
  }
}

auto Service::Impl::subscribe(int version) -> asio::awaitable<bool> {
  if (!settings_.share.group.empty() && version < 5) {
    if (repeats_.is_news("no shared subscriptions", clock_.now().instant)) {
      spdlog::error(
          "--share {}: this broker speaks MQTT 3.1.1, which has no shared subscriptions; "
          "start N receivers with --share 1/N to N/N instead",
          settings_.share.group);
    }
    co_return false;
  }
  // Retained messages do not reach shared subscriptions: catalogs and states come to everybody.
  std::string gateways = "bornier/v1/";
  gateways += settings_.city.empty() ? std::string_view{"+"} : std::string_view{settings_.city};
  gateways += "/+/";
  std::string batches;
  if (!settings_.share.group.empty()) {
    batches = "$share/" + settings_.share.group + "/";
  }
  batches += gateways;
  std::vector<std::string> filters;
  for (const auto* kind : {"catalog", "status", "reply"}) {
    filters.push_back(gateways + kind);
  }
  for (const auto* kind : {"batch", "backlog"}) {
    filters.push_back(batches + kind);
  }
  const auto subscribed = co_await client_.subscribe(std::move(filters));
  if (!subscribed) {
    spdlog::error("the broker refuses to let us listen: {}", subscribed.error());
    co_return false;
  }
  reconnect_pause_ = {};
  say_ready();
  co_return true;
}

void Service::Impl::say_ready() {
  ready = true;
  spdlog::info("ready");
  io::notify_ready();
  if (settings_.ready_file.empty()) {
    return;
  }
  std::ofstream file{settings_.ready_file};
  file << "ready\n";
  if (!file.flush()) {
    spdlog::error("--ready-file {}: cannot be written; who waits for it waits in vain",
                  settings_.ready_file.string());
  }
}

void Service::Impl::take(io::MqttMessage& message) {
  const auto topic = batch::parse_topic(message.topic);
  if (topic && !is_ours(settings_, topic->city, topic->gateway)) {
    return;
  }
  receiver_.receive(Message{std::move(message.topic), std::move(message.payload), message.retained},
                    clock_.now());
  wake_.cancel();
}

auto Service::Impl::work() -> asio::awaitable<void> {
  std::optional<reading::Instant> leave_at;
  for (;;) {
    const auto now = clock_.now();
    auto step = receiver_.step(now);
    if (const auto* commit_step = std::get_if<Commit>(&step)) {
      const auto arrivals = commit_step->arrivals;
      co_await commit(arrivals);
    } else if (const auto* message = std::get_if<Publish>(&step)) {
      publish(message->topic, message->payload);
    } else if (const auto* news = std::get_if<Tell>(&step)) {
      tell(*news);
    } else if (auto* reread_step = std::get_if<Reread>(&step)) {
      auto stream = std::move(reread_step->stream);
      const auto from = reread_step->from;
      co_await reread(std::move(stream), from);
    } else if (!stopping_ || !receiver_.idle()) {
      const auto until = std::get<Wait>(step).until;
      co_await wait_until(wake_, until);
    } else {
      leave_at = leave_at.value_or(now.instant + leave_within);
      if (unacknowledged_ == 0 || now.instant >= *leave_at) {
        break;
      }
      const auto until = *leave_at;
      co_await wait_until(wake_, until);
    }
  }
  co_await client_.disconnect();
  left_ = true;
  patience_.cancel();
}

/// A look each second until the worker has left.
auto Service::Impl::end_in_time() -> asio::awaitable<void> {
  while (!stopping_) {
    const auto until = clock_.now().instant + seconds{60};
    co_await wait_until(patience_, until);
  }
  const auto stopped_at = clock_.now().instant;
  while (!left_) {
    const auto now = clock_.now().instant;
    if (asked_at_ && now >= std::max(*asked_at_, stopped_at) + settings_.answer_within) {
      spdlog::error(
          "the database has not answered for {} s: the receiver ends without it; what waits is not "
          "confirmed, gateways keep it",
          settings_.answer_within.count());
      spdlog::default_logger()->flush();
      settings_.give_up();
      co_return;
    }
    const auto until = now + seconds{1};
    co_await wait_until(patience_, until);
  }
}

auto Service::Impl::commit(std::span<const Arrival> arrivals) -> asio::awaitable<void> {
  asked_at_ = clock_.now().instant;
  const auto outcome = co_await database_.store(arrivals);
  asked_at_.reset();
  if (!outcome) {
    receiver_.failed(outcome.error(), clock_.now());
    co_return;
  }
  republish(arrivals, *outcome);
  receiver_.committed(*outcome);
}

auto Service::Impl::reread(StreamName stream, batch::Sequence from) -> asio::awaitable<void> {
  asked_at_ = clock_.now().instant;
  const auto known = co_await database_.known_stream(stream, from);
  asked_at_.reset();
  if (known) {
    receiver_.reread(*known, clock_.now().instant);
  } else {
    // A commit will say that the database fails.
    receiver_.not_reread(stream, clock_.now().instant);
  }
}

void Service::Impl::republish(std::span<const Arrival> arrivals,
                              std::span<const Verdict> verdicts) {
  if (settings_.republish.empty()) {
    return;
  }
  for (std::size_t index = 0; index < arrivals.size(); ++index) {
    if (verdicts[index] != Verdict::stored) {
      continue;
    }
    if (const auto* catalog = std::get_if<CatalogArrival>(&arrivals[index])) {
      republisher.learn(catalog->catalog);
    } else if (const auto* stored = std::get_if<BatchArrival>(&arrivals[index])) {
      if (const auto json = republisher.to_json(stored->batch)) {
        publish(filled_in(settings_.republish, stored->batch.header),
                std::as_bytes(std::span{*json}));
      }
    }
  }
}

void Service::Impl::publish(const std::string& topic, std::span<const std::byte> payload) {
  if (client_.publish(topic, payload)) {
    ++unacknowledged_;
  } else {
    // Gateways repeat what is not confirmed, and are answered again.
    ++unpublished_;
  }
}

void Service::Impl::tell(const Tell& news) {
  if (repeats_.is_news(news.subject, clock_.now().instant)) {
    spdlog::log(level_of(news.level), "{}", news.text);
  }
}

auto Service::Impl::beat() -> asio::awaitable<void> {
  Counters before;
  while (!stopping_) {
    const auto until = clock_.now().instant + heartbeat_every;
    co_await wait_until(heartbeat_, until);
    for (const auto& [subject, times] : repeats_.over(clock_.now().instant)) {
      spdlog::info("{} more times: {}", times, subject);
    }
    const auto& now = receiver_.counters();
    spdlog::info(
        "{} batches with {} readings stored, {} were there already, {} conflicts, {} set aside, "
        "{} waited for a catalog, {} dropped, {} answers not sent; {} commits, {} failed",
        now.batches_stored - before.batches_stored, now.readings_stored - before.readings_stored,
        now.already_there - before.already_there, now.conflicts - before.conflicts,
        now.quarantined - before.quarantined, now.parked - before.parked,
        now.dropped + client_.dropped() - before.dropped, std::exchange(unpublished_, 0),
        now.commits - before.commits, now.failed_commits - before.failed_commits);
    before = now;
    before.dropped += client_.dropped();
  }
}

auto Service::Impl::listen_for_metrics() -> std::optional<Failure> {
  if (settings_.metrics.empty()) {
    return std::nullopt;
  }
  auto listening = MetricsServer::listen(wake_.get_executor(), settings_.metrics, [this] {
    return to_prometheus(receiver_, client_.dropped(), clock_.now().stamp);
  });
  if (!listening) {
    return listening.error();
  }
  metrics = std::move(*listening);
  return std::nullopt;
}

auto Service::Impl::serve_metrics() -> asio::awaitable<void> {
  if (metrics) {
    co_await metrics->run();
  }
}

auto Service::create(const asio::any_io_executor& executor, const io::Clock& clock,
                     ServiceSettings settings, std::unique_ptr<Database> database)
    -> wire::Result<std::unique_ptr<Service>, Failure> {
  auto known = database->known_streams();
  if (!known) {
    return known.error();
  }
  std::erase_if(*known, [&settings](const KnownStream& stream) {
    return !is_ours(settings, stream.name.city, stream.name.gateway);
  });
  if (!settings.give_up) {
    settings.give_up = [] { std::_Exit(EXIT_FAILURE); };
  }
  // Replies go to every receiver: each takes those to its own commands.
  settings.limits.first_command = (std::uint64_t{std::random_device{}()} << 20U) + 1;
  std::vector<batch::Catalog> catalogs;
  if (!settings.republish.empty()) {
    auto stored = database->catalogs();
    if (!stored) {
      return stored.error();
    }
    catalogs = std::move(*stored);
  }
  auto impl =
      std::make_unique<Impl>(executor, clock, std::move(settings), std::move(database), *known);
  if (auto failure = impl->listen_for_metrics()) {
    return std::move(*failure);
  }
  for (auto& catalog : catalogs) {
    impl->republisher.learn(std::move(catalog));
  }
  return std::unique_ptr<Service>{new Service{std::move(impl)}};
}

Service::Service(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Service::~Service() = default;

auto Service::run() -> asio::awaitable<void> {
  return impl_->run();
}
void Service::stop() {
  impl_->stop();
}
auto Service::is_ready() const -> bool {
  return impl_->ready;
}
auto Service::metrics_port() const -> std::uint16_t {
  return impl_->metrics ? impl_->metrics->port() : 0;
}
auto Service::counters() const -> const Counters& {
  return impl_->counters();
}

}  // namespace bornier::platform
