// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include "delivery/delivery.hpp"

namespace bornier::delivery {

using batch::Sequence;
using batch::SequenceRange;
using batch::StreamId;
using namespace std::chrono_literals;

constexpr StreamId stream{0xB0};
constexpr auto all_bits = std::numeric_limits<std::uint64_t>::max();

class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() {
    settings.window_batches = 4;
    settings.window_bytes = 10'000;
    settings.backlog_rate = 1'000'000'000;
  }

  auto delivery() -> Delivery& {
    if (!machine)
      machine.emplace(settings, stream);
    return *machine;
  }
  auto now() const -> reading::Now { return {reading::Instant{elapsed}, epoch + to_ms(elapsed)}; }
  static auto to_ms(reading::Instant::duration time) -> std::chrono::milliseconds {
    return std::chrono::floor<std::chrono::milliseconds>(time);
  }
  auto step() -> Step { return delivery().step(now(), random); }

  /// Steps until it waits; "connect", "batch 3", "backlog 4 again", "confirmed 1-3".
  auto actions() -> std::vector<std::string> {
    std::vector<std::string> result;
    for (;;) {
      const auto action = step();
      if (const auto* wait = std::get_if<WaitUntil>(&action)) {
        EXPECT_GT(wait->until, now().instant);
        wake_at = wait->until;
        return result;
      }
      result.push_back(text(action));
    }
  }
  static auto text(const Step& action) -> std::string {
    if (std::holds_alternative<Connect>(action))
      return "connect";
    if (const auto* publish = std::get_if<Publish>(&action)) {
      return (publish->lane == Lane::batch ? "batch " : "backlog ") +
             std::to_string(publish->sequence.value()) + (publish->repeat ? " again" : "");
    }
    std::string result = "confirmed";
    for (const auto& range : std::get<Confirmed>(action).ranges) {
      result +=
          ' ' + std::to_string(range.first.value()) + '-' + std::to_string(range.last.value());
    }
    return result;
  }

  void connect() {
    EXPECT_EQ(actions(), list({"connect"}));
    delivery().connected(now());
  }
  /// The connection is lost; a second later it is there again.
  void reconnect() {
    delivery().disconnected(now());
    EXPECT_TRUE(actions().empty());
    elapsed += 1s;
    connect();
  }
  void seal(std::uint64_t first, std::uint64_t last, std::uint32_t bytes = 100) {
    for (auto n = first; n <= last; ++n)
      delivery().sealed(Sequence{n}, bytes, now());
  }
  void load(std::uint64_t first, std::uint64_t last, std::uint32_t bytes = 100) {
    std::vector<Held> held;
    for (auto n = first; n <= last; ++n) {
      held.push_back({Sequence{n}, bytes, now().stamp - std::chrono::hours{24}});
    }
    delivery().load(held, now());
  }
  void confirm(std::uint64_t first, std::uint64_t last) {
    const SequenceRange range{Sequence{first}, Sequence{last}};
    delivery().confirmed(stream, std::span{&range, 1});
  }
  static auto list(std::vector<std::string> texts) -> std::vector<std::string> { return texts; }

  Settings settings;
  std::optional<Delivery> machine;
  reading::Instant::duration elapsed = 100s;
  reading::Stamp epoch = reading::stamp_at(1'700'000'000'000);
  std::uint64_t random = 0;  ///< no jitter
  reading::Instant wake_at;
};

}  // namespace bornier::delivery
