// SPDX-License-Identifier: Apache-2.0
#include "io/mqtt_session.hpp"

#include <MQTTAsync.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "io/diagnosis.hpp"

namespace bornier::io {
namespace {

/// Paho C++ 1.2.0 keeps the packet id of a message to itself, and has no use for it. The standard
/// lets an explicit instantiation name a private member.
auto packet_id_of(const mqtt::message& message) -> std::uint16_t;
template <auto Structure>
struct PacketIdAccess {
  friend auto packet_id_of(const mqtt::message& message) -> std::uint16_t {
    return static_cast<std::uint16_t>((message.*Structure).msgid);
  }
};
template struct PacketIdAccess<&mqtt::message::msg_>;

using namespace std::chrono_literals;

/// Paho sends on in steps of a second once more is on the way than its own or the broker's limit.
constexpr std::size_t longest_window = 20;
constexpr std::uint16_t default_receive_maximum = 65535;  // MQTT 5, section 3.2.2.3.3
constexpr int refused = 0x80;                             // MQTT 5, section 2.4
constexpr int unsupported_version = 0x84;
constexpr int unacceptable_version_3 = 1;  // MQTT 3.1.1, table 3.1
/// Paho 1.3.12 does not report a connection that ends right after its CONNACK: somebody has to
/// look.
constexpr auto look_every = 1s;

/// Paho does not tell a DISCONNECT of the broker (MQTT 5) from a connection that breaks.
constexpr std::string_view lost =
    "the connection to the broker was lost; if this repeats, look for another client with the same "
    "client id";

/// Paho would prepare OpenSSL with all its algorithms and texts for every client. OpenSSL does that
/// by itself when it is first used; without TLS it is 2 MiB of resident memory for nothing.
void leave_openssl_alone() {
  static const bool once = [] {
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 0;
    MQTTAsync_global_init(&options);
    return true;
  }();
  static_cast<void>(once);
}

auto joined(const std::vector<std::string>& sentences) -> std::string {
  std::string text;
  for (const auto& sentence : sentences)
    text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

/// The broker's CONNACK code of either version in words; empty if it is not one.
auto refusal_of(int version, int code) -> std::string_view {
  if (version < MQTTVERSION_5) {
    switch (code) {  // MQTT 3.1.1, table 3.1
      case 1: return "it does not speak MQTT 3.1.1";
      case 2: return "it does not like the client id";
      case 3: return "it is not available; try later";
      case 4: return "user name or password is wrong";
      case 5: return "not authorised; check user name, password and the broker's access rules";
      default: return {};
    }
  }
  switch (code) {  // MQTT 5, section 3.2.2.2
    case 0x84: return "it does not speak MQTT 5";
    case 0x85: return "it does not like the client id";
    case 0x86: return "user name or password is wrong";
    case 0x87: return "not authorised; check user name, password and the broker's access rules";
    case 0x88: return "it is not available; try later";
    case 0x89: return "it is busy; try later";
    case 0x8A: return "this client is banned";
    case 0x97: return "a quota is exceeded";
    case 0x9F: return "too many connections in a short time";
    default: return {};
  }
}

}  // namespace

MqttClient::Session::Session(asio::any_io_executor executor, const Clock& clock,
                             MqttSettings settings)
    : executor_{std::move(executor)},
      clock_{clock},
      settings_{std::move(settings)},
      wake_{executor_},
      connect_outcome_{executor_},
      subscribe_outcome_{executor_},
      disconnect_outcome_{executor_} {}

/// What Paho's threads may call: runs `handler` on the executor's thread while the session lives.
template <class Handler>
auto MqttClient::Session::posting(Handler handler) {
  return [weak = weak_from_this(), executor = executor_, handler](auto... arguments) {
    asio::post(executor, [weak, handler, arguments...] {
      if (const auto self = weak.lock(); self && !self->shut_down_)
        std::invoke(handler, *self, arguments...);
    });
  };
}

auto MqttClient::Session::outcome_of(const mqtt::token& token, bool ok) -> Outcome {
  Outcome outcome;
  outcome.ok = ok;
  outcome.return_code = token.get_return_code();
  outcome.reason_code = token.get_reason_code();
  if (!ok || token.get_type() != mqtt::token::Type::CONNECT)
    return outcome;
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  outcome.session_present = response.is_session_present();
  outcome.receive_maximum = default_receive_maximum;
  if (properties.contains(mqtt::property::RECEIVE_MAXIMUM)) {
    outcome.receive_maximum = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
  }
  return outcome;
}

auto MqttClient::Session::paho(int version) -> mqtt::async_client& {
  auto& paho = version >= MQTTVERSION_5 ? paho_5_ : paho_3_;
  if (!paho)
    paho = make_paho(version);
  return *paho;
}

auto MqttClient::Session::url_of(const std::string& host) const -> std::string {
  const bool brackets = host.find(':') != std::string::npos;
  return (broker_.tls ? "ssl://" : "tcp://") + (brackets ? '[' + host + ']' : host) + ':' +
         std::to_string(broker_.port);
}

auto MqttClient::Session::make_paho(int version) -> std::unique_ptr<mqtt::async_client> {
  leave_openssl_alone();
  mqtt::create_options options;
  options.set_mqtt_verison(version);
  auto paho = std::make_unique<mqtt::async_client>(url_of(broker_.host), settings_.client_id,
                                                   options, nullptr);

  const auto relay = [this](auto member) {
    return [post = posting([member](Session& self, const Outcome& outcome) {
              (self.*member).put(outcome);
            })](const mqtt::token& token, bool ok) { post(outcome_of(token, ok)); };
  };
  connect_relay_.handler = relay(&Session::connect_outcome_);
  subscribe_relay_.handler = relay(&Session::subscribe_outcome_);
  disconnect_relay_.handler = relay(&Session::disconnect_outcome_);
  publish_relay_.handler = [post = posting(&Session::acknowledged)](const mqtt::token& token,
                                                                    bool ok) {
    const auto number = reinterpret_cast<std::uintptr_t>(token.get_user_context());
    post(std::uint64_t{number}, outcome_of(token, ok));
  };
  paho->set_connection_lost_handler(
      [post = posting(&Session::look_at_connection)](const std::string&) { post(); });
  paho->set_message_callback(
      [post = posting(&Session::received), inbox = inbox_, limit = settings_.incoming_limit,
       bytes_limit = settings_.incoming_bytes_limit,
       longest = settings_.longest_incoming](const mqtt::const_message_ptr& message) {
        if (!message)
          return;
        const auto bytes = message->get_payload().size() + message->get_topic().size();
        if (bytes > longest) {
          ++inbox->too_long;
          return;
        }
        if (inbox->messages >= limit || inbox->bytes + bytes > bytes_limit) {
          ++inbox->dropped;
          return;
        }
        ++inbox->messages;
        inbox->bytes += bytes;
        post(message);
      });
  return paho;
}

auto MqttClient::Session::connect_options(int version) const -> mqtt::connect_options {
  mqtt::connect_options options;
  options.set_mqtt_version(version);
  const bool clean = settings_.session_expiry == 0s;
  if (version >= MQTTVERSION_5) {
    options.set_clean_start(clean);
    mqtt::properties properties;
    properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL,
                    static_cast<std::int32_t>(settings_.session_expiry.count())});
    properties.add({mqtt::property::MAXIMUM_PACKET_SIZE,
                    static_cast<std::int32_t>(settings_.longest_incoming)});
    options.set_properties(std::move(properties));
  } else {
    options.set_clean_session(clean);
  }
  options.set_automatic_reconnect(false);
  options.set_keep_alive_interval(settings_.keep_alive);
  options.set_connect_timeout(settings_.connect_timeout);
  options.set_max_inflight(static_cast<int>(longest_window));
  if (!settings_.username.empty())
    options.set_user_name(settings_.username);
  if (!settings_.password.empty())
    options.set_password(settings_.password);
  if (const auto& will = settings_.will) {
    options.set_will_message(mqtt::make_message(will->topic, will->payload.data(),
                                                will->payload.size(), 1, will->retained));
  }
  if (!broker_.tls) {
    options.set_servers(mqtt::string_collection::create({url_of(address_)}));
  } else {  // which needs the name, for the certificate
    mqtt::ssl_options tls;
    const auto& files = settings_.tls;
    if (!files.ca.empty())
      tls.set_trust_store(files.ca);
    if (!files.certificate.empty())
      tls.set_key_store(files.certificate);
    if (!files.key.empty())
      tls.set_private_key(files.key);
    tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);  // at least
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);
    options.set_ssl(std::move(tls));
  }
  return options;
}

auto MqttClient::Session::begin_attempt() -> bool {
  if (link_ != Link::down)
    return false;
  link_ = Link::connecting;
  return true;
}

auto MqttClient::Session::try_version(int version) -> asio::awaitable<Outcome> {
  connect_outcome_.clear();
  try {
    paho(version).connect(connect_options(version), nullptr, connect_relay_);
  } catch (const mqtt::exception& error) {
    Outcome refused_by_paho;
    refused_by_paho.return_code = error.get_return_code();
    co_return refused_by_paho;
  }
  // Paho ends every attempt within connect_timeout; the rest is slack for a busy machine.
  const auto until = clock_.now().instant + 2 * settings_.connect_timeout + 5s;
  auto outcome = co_await connect_outcome_.take(until, clock_);
  co_return outcome.value_or(Outcome{});
}

auto MqttClient::Session::attempt(std::shared_ptr<Session> self) -> asio::awaitable<void> {
  auto broker = parse_broker(self->settings_.broker);
  if (!broker) {
    self->go_down(broker.error());
    co_return;
  }
  self->broker_ = std::move(*broker);
  if (self->broker_.tls) {
    const auto mistakes = check_tls_files(self->settings_.tls, self->clock_.now().stamp);
    if (!mistakes.empty()) {
      self->go_down(joined(mistakes));
      co_return;
    }
  }

  // While Paho looks for a name it holds a lock that every call of every client needs, this thread
  // being the one that calls: it gets no name that is not found, and without TLS none at all.
  const auto patience = self->clock_.now().instant + self->settings_.connect_timeout;
  auto resolved = co_await resolve(self->broker_, patience, self->clock_);
  if (self->shut_down_)
    co_return;
  if (!resolved.failure.empty()) {
    self->go_down(std::move(resolved.failure));
    co_return;
  }
  self->address_ = std::move(resolved.address);

  int version = self->working_version_.value_or(MQTTVERSION_5);
  for (;;) {
    const auto outcome = co_await self->try_version(version);
    if (self->shut_down_)
      co_return;
    if (outcome.ok) {
      self->go_up(version, outcome);
      co_return;
    }
    const int code = version >= MQTTVERSION_5 && outcome.reason_code != 0 ? outcome.reason_code
                                                                          : outcome.return_code;
    const bool wrong_version =
        version >= MQTTVERSION_5 && (code == unsupported_version || code == unacceptable_version_3);
    std::string reason{refusal_of(version, code)};
    if (!reason.empty()) {
      reason.insert(0, "the broker refused the connection: ");
    } else if (!wrong_version) {
      const auto until = self->clock_.now().instant + self->settings_.connect_timeout;
      reason = co_await diagnose(self->broker_, self->settings_.tls, until, self->clock_);
      if (self->shut_down_)
        co_return;
    }
    // A broker that takes TCP and TLS but hangs up on the CONNECT may be one of 3.1.1, unless it
    // has spoken 5 before: then it was the network.
    const bool hung_up = reason.empty();
    if (version >= MQTTVERSION_5 && (wrong_version || (hung_up && !self->has_spoken_5_))) {
      version = MQTTVERSION_3_1_1;
      continue;
    }
    self->working_version_.reset();
    self->go_down(hung_up ? "the broker hung up without an answer" : std::move(reason));
    co_return;
  }
}

void MqttClient::Session::go_up(int version, const Outcome& outcome) {
  link_ = Link::up;
  version_ = version;
  working_version_ = version;
  has_spoken_5_ = has_spoken_5_ || version >= MQTTVERSION_5;
  window_ =
      std::min<std::size_t>(longest_window, std::max<std::uint16_t>(outcome.receive_maximum, 1));
  MqttConnected connected;
  connected.version = version;
  connected.receive_maximum = outcome.receive_maximum;
  connected.session_present = outcome.session_present;
  push(connected);
  push_early();
}

void MqttClient::Session::go_down(std::string reason) {
  if (link_ == Link::down)
    return;
  link_ = Link::down;
  push_early();
  outgoing_.clear();
  on_the_way_ = 0;
  subscribe_outcome_.wake();
  push(MqttDisconnected{std::move(reason)});
}

void MqttClient::Session::look_at_connection() {
  if (link_ == Link::up && !paho(version_).is_connected())
    go_down(std::string{lost});
}

void MqttClient::Session::push(MqttEvent event) {
  events_.push_back(std::move(event));
  wake_.cancel();
}

void MqttClient::Session::received(const mqtt::const_message_ptr& message) {
  MqttMessage copy;
  copy.topic = message->get_topic();
  const auto payload = std::as_bytes(std::span{message->get_payload()});
  copy.payload.assign(payload.begin(), payload.end());
  copy.retained = message->is_retained();
  copy.qos = static_cast<std::uint8_t>(message->get_qos());
  copy.duplicate = message->is_duplicate();
  copy.packet_id = copy.qos == 0 ? std::uint16_t{} : packet_id_of(*message);
  if (link_ == Link::connecting) {
    early_.push_back(std::move(copy));
  } else {
    push(std::move(copy));
  }
}

void MqttClient::Session::push_early() {
  for (auto& message : std::exchange(early_, {}))
    push(std::move(message));
}

auto MqttClient::Session::next(std::shared_ptr<Session> self, reading::Instant until)
    -> asio::awaitable<std::optional<MqttEvent>> {
  while (self->events_.empty()) {
    const auto left = until - self->clock_.now().instant;
    if (left <= 0us || self->shut_down_)
      co_return std::nullopt;
    self->wake_.expires_after(std::min<reading::Instant::duration>(left, look_every));
    static_cast<void>(co_await self->wake_.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (!self->shut_down_)
      self->look_at_connection();
  }
  std::optional<MqttEvent> event{std::move(self->events_.front())};
  self->events_.pop_front();
  if (const auto* message = std::get_if<MqttMessage>(&*event)) {
    --self->inbox_->messages;
    self->inbox_->bytes -= message->payload.size() + message->topic.size();
  }
  co_return event;
}

auto MqttClient::Session::publish(std::string topic, std::span<const std::byte> payload,
                                  bool retained) -> std::optional<MqttToken> {
  if (link_ != Link::up || outgoing_.size() >= settings_.outgoing_limit)
    return std::nullopt;
  const MqttToken token{++last_token_};
  outgoing_.push_back(
      {token, mqtt::make_message(std::move(topic), payload.data(), payload.size(), 1, retained)});
  hand_over();
  return token;
}

void MqttClient::Session::hand_over() {
  while (on_the_way_ < window_ && !outgoing_.empty()) {
    const auto next = std::move(outgoing_.front());
    outgoing_.pop_front();
    ++on_the_way_;
    try {
      // Paho keeps a pointer for us and never looks behind it.
      // NOLINTNEXTLINE(performance-no-int-to-ptr)
      auto* number = reinterpret_cast<void*>(static_cast<std::uintptr_t>(next.token.value()));
      paho(version_).publish(next.message, number, publish_relay_);
    } catch (const mqtt::exception&) {
      // The connection is gone; whoever looks next clears everything.
    }
  }
}

void MqttClient::Session::acknowledged(std::uint64_t token, const Outcome& outcome) {
  if (link_ != Link::up)
    return;
  on_the_way_ -= std::min<std::size_t>(on_the_way_, 1);
  const bool refused_by_broker = !outcome.ok && outcome.reason_code >= refused;
  if (outcome.ok || refused_by_broker) {
    MqttAcknowledged acknowledged;
    acknowledged.token = MqttToken{token};
    acknowledged.reason_code = static_cast<std::uint8_t>(outcome.reason_code);
    push(acknowledged);
  }
  hand_over();
}

void MqttClient::Session::shut_down() {
  shut_down_ = true;
  link_ = Link::down;
  wake_.cancel();
  connect_outcome_.wake();
  subscribe_outcome_.wake();
  disconnect_outcome_.wake();
  paho_5_.reset();
  paho_3_.reset();
}

}  // namespace bornier::io
