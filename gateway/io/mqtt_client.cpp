// SPDX-License-Identifier: Apache-2.0
#include "io/mqtt_client.hpp"

#include "io/mqtt_session.hpp"
#include "io/spawn.hpp"

namespace bornier::io {

MqttClient::MqttClient(asio::any_io_executor executor, const Clock& clock, MqttSettings settings)
    : session_{std::make_shared<Session>(std::move(executor), clock, std::move(settings))} {}

MqttClient::~MqttClient() {
  session_->shut_down();
}

void MqttClient::set_will(MqttWill will) {
  session_->set_will(std::move(will));
}

void MqttClient::connect() {
  if (session_->begin_attempt()) {
    spawn(session_->executor(), Session::attempt(session_), "MQTT connection");
  }
}

auto MqttClient::next(reading::Instant until) -> asio::awaitable<std::optional<MqttEvent>> {
  return Session::next(session_, until);
}

auto MqttClient::publish(std::string topic, std::span<const std::byte> payload, bool retained)
    -> std::optional<MqttToken> {
  return session_->publish(std::move(topic), payload, retained);
}

auto MqttClient::subscribe(std::vector<std::string> filters)
    -> asio::awaitable<wire::Result<void, std::string>> {
  return Session::subscribe(session_, std::move(filters));
}

auto MqttClient::unsubscribe(std::vector<std::string> filters)
    -> asio::awaitable<wire::Result<void, std::string>> {
  return Session::unsubscribe(session_, std::move(filters));
}

auto MqttClient::disconnect() -> asio::awaitable<void> {
  return Session::disconnect(session_);
}

auto MqttClient::is_connected() const -> bool {
  return session_->is_connected();
}

auto MqttClient::waiting() const -> std::size_t {
  return session_->waiting();
}

auto MqttClient::is_filling() const -> bool {
  return session_->is_filling();
}

auto MqttClient::too_long() const -> std::uint64_t {
  return session_->too_long();
}

auto MqttClient::dropped() const -> std::uint64_t {
  return session_->dropped();
}

}  // namespace bornier::io
