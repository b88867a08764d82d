// SPDX-License-Identifier: Apache-2.0
// A gateway, a broker that loses, doubles, delays and reorders, and a platform that dies, forgets
// and asks again: hours of it in virtual time, once per seed.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "delivery/delivery.hpp"

namespace bornier::delivery {
namespace {

using batch::Sequence;
using batch::SequenceRange;
using batch::StreamId;
using reading::Instant;
using namespace std::chrono_literals;

constexpr StreamId simulated_stream{7};
constexpr auto hostile_until = Instant{6h};
constexpr auto sealing_until = Instant{6h + 10min};
constexpr auto given_up_at = Instant{12h};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_{seed} {
    settings_.window_batches = 1 + pick(8);
    settings_.window_bytes = 500 + pick(5'000);
    settings_.backlog_rate = 20 + pick(2'000);
    settings_.aside_batches = pick(30);
    settings_.confirmed_by = ConfirmedBy::platform;
    machine_.emplace(settings_, simulated_stream);
  }

  void run() {
    after(0s, 60s, [this] { seal(); });
    after(0s, 60s, [this] { disturb(); });
    while (now_ < given_up_at && !(now_ >= sealing_until && disk_.empty())) {
      turn();
      if (testing::Test::HasFatalFailure())
        return;
      const auto next = std::min(wake_at_, events_.empty() ? given_up_at : events_.begin()->first);
      now_ = std::max(now_, next);
      while (!events_.empty() && events_.begin()->first <= now_) {
        const auto event = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        event();
      }
    }
    EXPECT_TRUE(disk_.empty()) << disk_.size() << " of " << newest_ << " never confirmed";
    for (std::uint64_t n = 1; n <= newest_; ++n) {
      EXPECT_TRUE(stored_.contains(n)) << n << " is confirmed but not at the platform";
    }
  }

 private:
  struct OnDisk {
    std::uint32_t bytes;
    reading::Stamp sealed_at;
  };
  using Event = std::function<void()>;

  auto pick(std::uint32_t below) -> std::uint32_t {
    return std::uniform_int_distribution<std::uint32_t>{0, below - 1}(random_);
  }
  auto hostile() const -> bool { return now_ < hostile_until; }
  auto chance(std::uint32_t percent) -> bool { return hostile() && pick(100) < percent; }
  auto look() const -> reading::Now {
    return {now_, reading::stamp_at(1'700'000'000'000) +
                      std::chrono::floor<std::chrono::milliseconds>(now_.time_since_epoch())};
  }
  void after(std::chrono::seconds least, std::chrono::seconds most, Event event) {
    const auto span = static_cast<std::uint32_t>((most - least).count()) * 1000 + 1;
    events_.emplace(now_ + least + std::chrono::milliseconds{pick(span)}, std::move(event));
  }

  void seal() {
    const auto bytes = 1 + pick(pick(10) == 0 ? 8'000 : 400);
    ++newest_;
    disk_[newest_] = {bytes, look().stamp};
    machine_->sealed(Sequence{newest_}, bytes, look());
    if (now_ < sealing_until)
      after(1s, 120s, [this] { seal(); });
  }

  void disturb() {
    if (!hostile()) {
      platform_up_ = true;
      return;
    }
    switch (pick(6)) {
      case 0: drop_connection(); break;
      case 1: platform_up_ = !platform_up_; break;
      case 2: restart_gateway(); break;
      case 3: platform_restores_a_backup(); break;
      case 4: deliver_confirmation(0, ~std::uint64_t{0}, StreamId{8}); break;
      default: break;
    }
    after(1s, 400s, [this] { disturb(); });
  }

  void drop_connection() {
    if (machine_->figures().link != Link::connected)
      return;
    ++connection_;
    sent_.clear();
    machine_->disconnected(look());
  }

  void restart_gateway() {
    ++connection_;
    sent_.clear();
    machine_.emplace(settings_, simulated_stream);
    std::vector<Held> held;
    for (const auto& [n, batch] : disk_)
      held.push_back({Sequence{n}, batch.bytes, batch.sealed_at});
    machine_->load(held, look());
  }

  /// It lacks some that it had confirmed, and asks for them.
  void platform_restores_a_backup() {
    std::vector<Held> missing;
    for (auto stored = stored_.begin(); stored != stored_.end();) {
      if (pick(10) > 0) {
        ++stored;
        continue;
      }
      const auto n = *stored;
      stored = stored_.erase(stored);
      vouched_.erase(n);
      if (!disk_.contains(n))
        disk_[n] = {1 + pick(400), look().stamp - 1h};
      missing.push_back({Sequence{n}, disk_[n].bytes, disk_[n].sealed_at});
      sent_.erase(n);
    }
    ++backup_;
    machine_->resend(missing, look());
  }

  /// One in eight is of a schema that the platform reads only once it is updated.
  auto readable(std::uint64_t n) const -> bool { return !hostile() || n % 8 != 3; }

  void arrive(std::uint64_t n) {
    if (!platform_up_ || !readable(n) || chance(5))
      return;
    stored_.insert(n);
    vouched_.insert(n);
    if (chance(20))
      return;  // the confirmation is lost
    const auto backup = backup_;
    for (int copies = chance(20) ? 2 : 1; copies > 0; --copies) {
      after(0s, hostile() ? 40s : 1s, [this, n, backup] {
        if (backup == backup_)
          deliver_confirmation(n, n, simulated_stream);
      });
    }
  }

  void deliver_confirmation(std::uint64_t first, std::uint64_t last, StreamId of) {
    if (machine_->figures().link != Link::connected)
      return;
    const SequenceRange range{Sequence{first}, Sequence{last}};
    machine_->confirmed(of, std::span{&range, 1});
  }

  void turn() {
    for (std::uint32_t actions = 0;; ++actions) {
      ASSERT_LE(actions, 3 * settings_.window_batches + 5) << "busy loop";
      const auto step = machine_->step(look(), random_());
      check_window();
      if (const auto* wait = std::get_if<WaitUntil>(&step)) {
        ASSERT_GT(wait->until, now_);
        wake_at_ = wait->until;
        return;
      }
      act(step);
    }
  }

  void act(const Step& step) {
    if (std::holds_alternative<Connect>(step)) {
      const auto connection = ++connection_;
      after(0s, 5s, [this, connection] {
        if (connection != connection_)
          return;
        if (chance(30)) {
          machine_->disconnected(look());
        } else {
          machine_->connected(look());
        }
      });
    } else if (const auto* publish = std::get_if<Publish>(&step)) {
      send(*publish);
    } else {
      for (const auto& range : std::get<Confirmed>(step).ranges) {
        for (auto n = range.first.value(); n <= range.last.value(); ++n) {
          EXPECT_TRUE(vouched_.contains(n)) << n << " was never confirmed";
          EXPECT_EQ(disk_.erase(n), 1U) << n;
          sent_.erase(n);
        }
      }
    }
  }

  void send(const Publish& publish) {
    const auto n = publish.sequence.value();
    ASSERT_TRUE(disk_.contains(n));
    const auto before = sent_.find(n);
    if (before != sent_.end()) {
      EXPECT_GE(now_ - before->second, settings_.first_repeat) << n;
    }
    sent_[n] = now_;
    if (chance(15))
      return;
    for (int copies = chance(15) ? 2 : 1; copies > 0; --copies) {
      after(0s, hostile() ? 50s : 1s, [this, n] { arrive(n); });
    }
  }

  void check_window() {
    const auto figures = machine_->figures();
    EXPECT_LE(figures.in_flight_batches, settings_.window_batches);
    EXPECT_LE(figures.aside_batches, settings_.aside_batches);
    if (figures.in_flight_batches > 1) {
      EXPECT_LE(figures.in_flight_bytes, settings_.window_bytes);
    }
  }

  std::mt19937_64 random_;
  Settings settings_;
  std::optional<Delivery> machine_;
  Instant now_{1h};
  Instant wake_at_;
  std::multimap<Instant, Event> events_;

  std::uint64_t newest_ = 0;
  std::map<std::uint64_t, OnDisk> disk_;   ///< unconfirmed
  std::map<std::uint64_t, Instant> sent_;  ///< on this connection, last
  std::set<std::uint64_t> stored_;         ///< at the platform
  std::set<std::uint64_t> vouched_;        ///< stored since its last backup
  std::uint64_t connection_ = 0;
  std::uint64_t backup_ = 0;
  bool platform_up_ = true;
};

TEST(DeliverySimulation, Promise2_EverythingIsConfirmedInTheEndWhateverHappenedOnTheWay) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation{seed}.run();
    if (testing::Test::HasFailure())
      return;
  }
}

}  // namespace
}  // namespace bornier::delivery
