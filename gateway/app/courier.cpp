// SPDX-License-Identifier: Apache-2.0
#include "app/courier.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace bornier::app {
namespace {

using reading::Instant;
using std::chrono::milliseconds;

constexpr std::size_t ranges_in_a_header = 16;
constexpr std::size_t load_step = 4'096;
constexpr std::uint64_t most_resent_at_once = 10'000;
constexpr milliseconds retry_pause{1'000};
/// Bits of a session number that count connections; the start's number stands above them.
constexpr unsigned connections_of_a_start = 24;
constexpr milliseconds status_every{60'000};

auto held(const buffer::BatchInfo& info) -> delivery::Held {
  return {.sequence = info.sequence,
          .bytes = static_cast<std::uint32_t>(info.bytes),
          .sealed_at = info.sealed_at};
}

/// A command may name ranges without end: so many numbers of it as are looked for at once.
auto bounded(const std::vector<batch::SequenceRange>& ranges, batch::Sequence newest)
    -> std::vector<batch::SequenceRange> {
  std::vector<batch::SequenceRange> result;
  std::uint64_t room = most_resent_at_once;
  for (const auto& range : ranges) {
    const auto first = range.first.value();
    const auto last = std::min(range.last.value(), newest.value());
    if (room == 0 || first > last) {
      continue;
    }
    const auto count = std::min(last - first, room - 1) + 1;
    result.push_back({.first = range.first, .last = batch::Sequence{first + count - 1}});
    room -= count;
  }
  return result;
}

}  // namespace

Courier::Courier(const boost::asio::any_io_executor& executor, Settings settings,
                 const TrustedClock& clock, Keeper& keeper, std::uint64_t seed)
    : settings_{std::move(settings)},
      clock_{clock},
      keeper_{keeper},
      stream_{keeper.buffer().stream()},
      random_{seed},
      client_{executor, clock.clock(), settings_.mqtt},
      delivery_{settings_.delivery, keeper.buffer().stream()},
      wakeup_{executor, clock.clock()},
      session_{keeper.buffer().start_number() << connections_of_a_start} {}

auto Courier::topic(batch::TopicKind kind) const -> std::string {
  return to_text(batch::Topic{.city = settings_.city, .gateway = settings_.gateway, .kind = kind});
}

auto Courier::not_yet_sent() const -> std::vector<batch::SequenceRange> {
  return delivery_.not_yet_sent(ranges_in_a_header);
}

auto Courier::load() -> boost::asio::awaitable<void> {
  std::vector<delivery::Held> waiting;
  batch::Sequence after{0};
  for (;;) {
    const auto infos = co_await keeper_.buffer().unconfirmed(after, load_step);
    if (!infos) {
      end_if_unusable(infos.error());
      spdlog::error("buffer: {}; unconfirmed batches are looked for again",
                    buffer::to_text(infos.error()));
      co_await wakeup_.wait(clock_.clock().now().instant + retry_pause);
      continue;
    }
    if (infos->empty()) {
      break;
    }
    for (const auto& info : *infos) {
      waiting.push_back(held(info));
    }
    after = infos->back().sequence;
  }
  delivery_.load(waiting, clock_.clock().now());
}

void Courier::sealed(const buffer::Sealed& batches) {
  for (const auto& info : batches.replaced) {
    delivery_.replaced(info.sequence, static_cast<std::uint32_t>(info.bytes));
  }
  for (const auto& info : batches.batches) {
    delivery_.sealed(info.sequence, static_cast<std::uint32_t>(info.bytes), clock_.clock().now());
  }
  wakeup_.notify();
}

auto Courier::send_for_ever() -> boost::asio::awaitable<void> {
  while (!leaving_) {
    co_await follow_stream();
    const auto step = delivery_.step(clock_.clock().now(), random_());
    if (const auto* wait = std::get_if<delivery::WaitUntil>(&step)) {
      co_await wakeup_.wait(wait->until);
    } else if (const auto* order = std::get_if<delivery::Publish>(&step)) {
      co_await publish(*order);
    } else if (const auto* confirmed = std::get_if<delivery::Confirmed>(&step)) {
      co_await free(*confirmed);
    } else {
      auto offline = status(false);
      offline.session = ++session_;
      client_.set_will({.topic = topic(batch::TopicKind::status),
                        .payload = encode_status(offline),
                        .retained = true});
      client_.connect();
    }
  }
}

/// The disk may have opened a new stream although the answer said that it failed.
auto Courier::follow_stream() -> boost::asio::awaitable<void> {
  if (stream_ == keeper_.buffer().stream()) {
    co_return;
  }
  stream_ = keeper_.buffer().stream();
  delivery_.stream_changed(stream_);
  co_await publish_catalog();
  keeper_.seal_soon();
}

auto Courier::publish(delivery::Publish order) -> boost::asio::awaitable<void> {
  const auto payload = co_await keeper_.buffer().payload(order.sequence);
  if (!payload) {
    end_if_unusable(payload.error());
    spdlog::error("delivery: batch {} cannot be read: {}; it is sent again later",
                  order.sequence.value(), buffer::to_text(payload.error()));
    co_return;
  }
  if (order.stream != keeper_.buffer().stream()) {
    co_return;  // a new stream was opened meanwhile: the next step follows it
  }
  if (!payload->has_value()) {
    spdlog::warn("delivery: batch {} is not on disk any more; it is not sent",
                 order.sequence.value());
    delivery_.gone(order.stream, order.sequence);
    co_return;
  }
  const auto kind =
      order.lane == delivery::Lane::batch ? batch::TopicKind::batch : batch::TopicKind::backlog;
  const auto token = client_.publish(topic(kind), **payload);
  if (token) {
    on_the_way_.emplace(*token, order);
  }
}

auto Courier::free(delivery::Confirmed confirmed) -> boost::asio::awaitable<void> {
  // Not `wakeup_`: both coroutines come here, and one wait would end the other's.
  Wakeup pause{co_await boost::asio::this_coro::executor, clock_.clock()};
  std::string told;
  for (std::uint64_t failures = 0;; ++failures) {
    const auto freed = co_await keeper_.buffer().confirm(confirmed.stream, confirmed.ranges,
                                                         clock_.clock().now().stamp);
    if (freed) {
      link_.confirmed += *freed;
      if (failures > 0) {
        spdlog::info("buffer: confirmed batches are freed, after {} failures", failures);
      }
      co_return;
    }
    end_if_unusable(freed.error());
    if (auto text = buffer::to_text(freed.error()); text != told) {
      spdlog::error("buffer: {}; confirmed batches are kept, and freed when that succeeds", text);
      told = std::move(text);
    }
    co_await pause.wait(clock_.clock().now().instant + retry_pause);
  }
}

auto Courier::listen_for_ever() -> boost::asio::awaitable<void> {
  auto next_status = clock_.clock().now().instant + status_every;
  for (;;) {
    if (next_status <= clock_.clock().now().instant) {
      publish_status();
      next_status = clock_.clock().now().instant + status_every;
    }
    const auto event = co_await client_.next(next_status);
    if (!event) {
      continue;
    }
    if (const auto* up = std::get_if<io::MqttConnected>(&*event)) {
      connected(*up);
      co_await introduce();
    } else if (const auto* down = std::get_if<io::MqttDisconnected>(&*event)) {
      disconnected(*down);
    } else if (const auto* message = std::get_if<io::MqttMessage>(&*event)) {
      co_await take(*message);
    } else if (const auto* done = std::get_if<io::MqttAcknowledged>(&*event)) {
      const auto order = on_the_way_.find(done->token);
      if (order != on_the_way_.end()) {
        delivery_.acknowledged(order->second.stream, order->second.sequence, done->reason_code);
        on_the_way_.erase(order);
      }
    }
    wakeup_.notify();
  }
}

void Courier::connected(const io::MqttConnected& event) {
  link_.connected = true;
  link_.mqtt_version = event.version;
  link_.reason.clear();
  ++link_.connections;
  dropped_before_connection_ = link_.dropped;
  on_the_way_.clear();
  spdlog::info("link: connected to {} with MQTT {}; {} batches wait", settings_.mqtt.broker,
               event.version == 5 ? "5" : "3.1.1", delivery_.figures().unconfirmed_batches);
}

void Courier::disconnected(const io::MqttDisconnected& event) {
  if (link_.reason != event.reason) {
    spdlog::warn("link: {}; readings are kept and the connection is tried again", event.reason);
  }
  link_.connected = false;
  link_.reason = event.reason;
  on_the_way_.clear();
  delivery_.disconnected(clock_.clock().now());
}

/// What the platform must know before the first batch: our ears are open, the catalog, the status.
auto Courier::introduce() -> boost::asio::awaitable<void> {
  std::vector<std::string> filters;
  filters.push_back(topic(batch::TopicKind::confirm));
  filters.push_back(topic(batch::TopicKind::command));
  const auto subscribed = co_await client_.subscribe(std::move(filters));
  if (!client_.is_connected()) {
    co_return;
  }
  if (!subscribed) {
    spdlog::warn(
        "link: {}; without confirmations nothing can be freed: see the access rules of the broker",
        subscribed.error());
  }
  co_await publish_catalog();
  if (!client_.is_connected()) {
    co_return;
  }
  publish_status();
  delivery_.connected(clock_.clock().now());
}

auto Courier::take(io::MqttMessage message) -> boost::asio::awaitable<void> {
  const auto parsed = batch::parse_topic(message.topic);
  if (message.retained) {
    co_return;  // neither is ever published so: it is somebody's mistake, repeated at each
                // connection
  }
  if (parsed && parsed->kind == batch::TopicKind::confirm) {
    const auto confirmation = batch::decode_confirmation(message.payload);
    if (!confirmation) {
      say_dropped("confirmation", confirmation.error());
      co_return;
    }
    if (confirmation->stream != keeper_.buffer().stream()) {
      // Sent before a new stream was opened: what it frees need not be delivered under that one.
      delivery::Confirmed stored{.stream = confirmation->stream, .ranges = confirmation->stored};
      co_await free(std::move(stored));
      co_return;
    }
    delivery_.confirmed(confirmation->stream, confirmation->stored);
    if (!confirmation->conflicts.empty()) {
      // What is stored is freed first, or the new stream would deliver it once more.
      delivery::Confirmed stored{.stream = confirmation->stream, .ranges = confirmation->stored};
      co_await free(std::move(stored));
      co_await leave_stream("the platform holds other readings under batch " +
                            std::to_string(confirmation->conflicts.front().first.value()) +
                            " of stream " + batch::to_text(confirmation->stream) +
                            ": this card was restored from a copy, or copied to another gateway");
    }
  } else if (parsed && parsed->kind == batch::TopicKind::command) {
    const auto command = batch::decode_command(message.payload);
    if (!command) {
      say_dropped("command", command.error());
      co_return;
    }
    co_await obey(*command);
  }
}

/// Once a connection: whoever may write there could fill the log otherwise.
void Courier::say_dropped(std::string_view what, batch::Fault fault) {
  if (link_.dropped++ == dropped_before_connection_) {
    spdlog::warn("link: a {} is dropped: {}; further ones are counted", what, to_text(fault));
  }
}

auto Courier::obey(batch::Command command) -> boost::asio::awaitable<void> {
  batch::Reply reply;
  reply.id = command.id;
  if (command.send_catalog) {
    co_await publish_catalog();
  }
  if (!command.resend.empty()) {
    reply.error = co_await send_again(command.stream, std::move(command.resend));
  }
  client_.publish(topic(batch::TopicKind::reply), encode_reply(reply));
}

auto Courier::send_again(batch::StreamId stream, std::vector<batch::SequenceRange> ranges)
    -> boost::asio::awaitable<std::string> {
  std::string refusal;
  if (stream != keeper_.buffer().stream()) {
    refusal = "that stream has ended";
    co_return refusal;
  }
  auto asked = bounded(ranges, keeper_.buffer().newest());
  const auto infos = co_await keeper_.buffer().reclaim(std::move(asked));
  if (!infos) {
    end_if_unusable(infos.error());
    refusal = buffer::to_text(infos.error());
    co_return refusal;
  }
  if (infos->empty()) {
    refusal = "none of these batches is held any more";
    co_return refusal;
  }
  std::vector<delivery::Held> missing;
  std::transform(infos->begin(), infos->end(), std::back_inserter(missing), held);
  spdlog::info("delivery: the platform asks for {} batches again", missing.size());
  delivery_.resend(missing, clock_.clock().now());
  co_return refusal;
}

auto Courier::leave_stream(std::string reason) -> boost::asio::awaitable<void> {
  spdlog::error("delivery: {}; a new stream begins and what is unconfirmed is delivered under it",
                reason);
  const auto opened =
      co_await keeper_.buffer().open_new_stream(random_(), reason, clock_.for_buffer());
  if (!opened) {
    end_if_unusable(opened.error());
    spdlog::error("buffer: {}; the new stream is opened at the next conflict",
                  buffer::to_text(opened.error()));
    co_return;
  }
  co_await follow_stream();
}

auto Courier::publish_catalog() -> boost::asio::awaitable<void> {
  const auto encoded = co_await keeper_.buffer().encoded_catalog();
  if (!encoded) {
    end_if_unusable(encoded.error());
    spdlog::error("buffer: {}; the catalog is published when the platform asks for it",
                  buffer::to_text(encoded.error()));
    co_return;
  }
  if (encoded->has_value()) {
    client_.publish(topic(batch::TopicKind::catalog), **encoded, true);
  }
}

void Courier::publish_status() {
  if (client_.is_connected()) {
    client_.publish(topic(batch::TopicKind::status), encode_status(status(true)), true);
  }
}

auto Courier::status(bool online) const -> batch::Status {
  batch::Status status;
  status.gateway = settings_.gateway;
  status.session = session_;
  status.online = online;
  status.time = clock_.clock().now().stamp;
  status.clock_trusted = clock_.is_trusted();
  status.stream = keeper_.buffer().stream();
  status.newest = keeper_.buffer().newest();
  const auto figures = delivery_.figures();
  status.unconfirmed_batches = figures.unconfirmed_batches;
  status.unconfirmed_bytes = figures.unconfirmed_bytes;
  status.oldest_unconfirmed = figures.oldest_unconfirmed.value_or(batch::Sequence{});
  if (fill_status_) {
    fill_status_(status);
  }
  return status;
}

auto Courier::say_goodbye() -> boost::asio::awaitable<void> {
  leaving_ = true;
  if (client_.is_connected()) {
    client_.publish(topic(batch::TopicKind::status), encode_status(status(false)), true);
  }
  co_await client_.disconnect();
}

}  // namespace bornier::app
