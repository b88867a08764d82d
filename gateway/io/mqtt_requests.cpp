// SPDX-License-Identifier: Apache-2.0
// What a session asks of its broker, besides to publish.
#include <utility>

#include "io/mqtt_session.hpp"

namespace bornier::io {
namespace {

using namespace std::chrono_literals;

constexpr int least_refusal = 0x80;  // MQTT 5, section 2.4
constexpr auto goodbye_time = 1s;
/// A broker with much to tell tells it before it answers.
constexpr auto patience_for_subscription = 60s;

}  // namespace

template <class Ask>
auto MqttClient::Session::ask_for_each(std::shared_ptr<Session> self,
                                       std::vector<std::string> filters, std::string refusals,
                                       Ask ask)
    -> asio::awaitable<wire::Result<void, std::string>> {
  const auto none_yet = refusals.size();
  for (const auto& filter : filters) {
    if (self->link_ != Link::up)
      co_return std::string{"not connected"};
    self->subscribe_outcome_.clear();
    try {
      ask(*self, filter);
    } catch (const mqtt::exception& error) {
      self->look_at_connection();
      co_return std::string{error.what()};
    }
    const auto until = self->clock_.now().instant + patience_for_subscription;
    const auto outcome = co_await self->subscribe_outcome_.take(until, self->clock_);
    if (!outcome && self->link_ == Link::up) {
      std::string reason = "the broker does not answer our subscription to " + filter;
      co_await disconnect(self, std::move(reason));
    }
    if (self->link_ != Link::up)
      co_return std::string{"not connected"};
    if (outcome && outcome->ok && outcome->reason_code < least_refusal)
      continue;
    refusals += refusals.size() == none_yet ? "" : ", ";
    refusals += filter;
  }
  if (refusals.size() > none_yet)
    co_return refusals;
  co_return wire::Result<void, std::string>{boost::system::in_place_value};
}

auto MqttClient::Session::subscribe(std::shared_ptr<Session> self, std::vector<std::string> filters)
    -> asio::awaitable<wire::Result<void, std::string>> {
  // A clean session loses with its connection what it had not got yet, so QoS 0 loses no more. But
  // for QoS 1 RabbitMQ keeps a queue on one node of its cluster, and while that node is down the
  // same client is turned away by all others.
  const bool at_most_once =
      self->version_ == MQTTVERSION_3_1_1 && self->settings_.session_expiry == 0s;
  return ask_for_each(
      std::move(self), std::move(filters), "the broker does not let us subscribe to ",
      [at_most_once](Session& session, const std::string& filter) {
        session.paho(session.version_)
            .subscribe(filter, at_most_once ? 0 : 1, nullptr, session.subscribe_relay_);
      });
}

auto MqttClient::Session::unsubscribe(std::shared_ptr<Session> self,
                                      std::vector<std::string> filters)
    -> asio::awaitable<wire::Result<void, std::string>> {
  return ask_for_each(
      std::move(self), std::move(filters), "the broker does not let us unsubscribe from ",
      [](Session& session, const std::string& filter) {
        session.paho(session.version_).unsubscribe(filter, nullptr, session.subscribe_relay_);
      });
}

auto MqttClient::Session::disconnect(std::shared_ptr<Session> self, std::string reason)
    -> asio::awaitable<void> {
  if (self->link_ != Link::up)
    co_return;
  self->disconnect_outcome_.clear();
  try {
    const auto milliseconds = static_cast<int>(std::chrono::milliseconds{goodbye_time}.count());
    self->paho(self->version_).disconnect(milliseconds, nullptr, self->disconnect_relay_);
  } catch (const mqtt::exception&) {
    self->go_down(std::move(reason));
    co_return;
  }
  const auto until = self->clock_.now().instant + 2 * goodbye_time;
  static_cast<void>(co_await self->disconnect_outcome_.take(until, self->clock_));
  self->go_down(std::move(reason));
}

}  // namespace bornier::io
