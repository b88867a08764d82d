// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "platform/receiver.hpp"
#include "platform/testing.hpp"

namespace bornier::platform {

using namespace std::chrono_literals;
using batch::TopicKind;
using Ranges = std::vector<batch::SequenceRange>;

inline auto range(std::uint64_t first, std::uint64_t last) -> batch::SequenceRange {
  return {batch::Sequence{first}, batch::Sequence{last}};
}

/// Steps a receiver by hand and keeps what it says.
class ReceiverTest : public testing::Test {
 protected:
  ReceiverTest() { start({}); }

  void start(const ReceiverLimits& limits) {
    receiver = std::make_unique<Receiver>(limits, std::vector<KnownStream>{});
    published.clear();
  }
  [[nodiscard]] auto at(reading::Instant::duration after) const -> reading::Now {
    return {reading::Instant{1h} + after,
            noon + std::chrono::duration_cast<std::chrono::milliseconds>(after)};
  }
  void receive(TopicKind kind, Bytes payload, reading::Instant::duration after = 0s) {
    receiver->receive({gateway.topic(kind), std::move(payload), false}, at(after));
  }
  void receive_catalog() { receive(TopicKind::catalog, batch::encode_catalog(gateway.catalog())); }
  void receive_batch(std::uint64_t sequence, reading::Instant::duration after = 0s) {
    receive(TopicKind::batch, gateway.payload(sequence, answer(noon, {number(energy, 1, 0)})),
            after);
  }
  /// Until the receiver waits; returns the commit that it asks for, if it does.
  auto run(reading::Instant::duration after) -> std::vector<const Arrival*> {
    std::vector<const Arrival*> arrivals;
    for (;;) {
      auto step = receiver->step(at(after));
      if (auto* commit = std::get_if<Commit>(&step)) {
        for (const auto& arrival : commit->arrivals) {
          arrivals.push_back(&arrival);
        }
      } else if (auto* message = std::get_if<Publish>(&step)) {
        published.push_back(std::move(*message));
      } else if (auto* reread = std::get_if<Reread>(&step)) {
        rereads.push_back(*reread);
        receiver->reread(in_the_database(*reread), at(after).instant);
      } else if (std::holds_alternative<Wait>(step)) {
        EXPECT_GT(std::get<Wait>(step).until, at(after).instant);
        return arrivals;
      }
    }
  }
  /// What other receivers stored: `elsewhere`.
  [[nodiscard]] auto in_the_database(const Reread& reread) const -> KnownStream {
    for (const auto& known : elsewhere) {
      if (known.name == reread.stream) {
        return known;
      }
    }
    return {reread.stream, {}, {}};
  }
  void store_all(reading::Instant::duration after) {
    const std::vector<Verdict> verdicts(run(after).size(), Verdict::stored);
    receiver->committed(verdicts);
    run(after);
  }
  [[nodiscard]] auto confirmations() const -> std::vector<batch::Confirmation> {
    std::vector<batch::Confirmation> found;
    for (const auto& message : published) {
      if (message.topic == gateway.topic(TopicKind::confirm)) {
        found.push_back(*batch::decode_confirmation(message.payload));
      }
    }
    return found;
  }
  [[nodiscard]] auto commands() const -> std::vector<batch::Command> {
    std::vector<batch::Command> found;
    for (const auto& message : published) {
      if (message.topic == gateway.topic(TopicKind::command)) {
        found.push_back(*batch::decode_command(message.payload));
      }
    }
    return found;
  }
  /// What the receiver makes of one message, and why.
  auto reason_to_set_aside(const std::string& topic, Bytes payload) -> std::string {
    start({});
    receiver->receive({topic, std::move(payload), false}, at(0s));
    const auto arrivals = run(100ms);
    if (arrivals.size() != 1 || !std::holds_alternative<Quarantined>(*arrivals.front())) {
      return {};
    }
    return std::get<Quarantined>(*arrivals.front()).reason;
  }

  TestGateway gateway;
  std::unique_ptr<Receiver> receiver;
  std::vector<Publish> published;
  std::vector<Reread> rereads;
  std::vector<KnownStream> elsewhere;
};

}  // namespace bornier::platform
