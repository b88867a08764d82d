// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "batch/control.hpp"
#include "reading/time.hpp"

namespace bornier::platform {

/// What each gateway of a swarm is like.
struct SwarmShape {
  std::string city{"swarm"};
  std::uint32_t meters{12};
  std::uint32_t points{20};                 ///< of a meter
  std::uint32_t samples{1};                 ///< of each point in a batch
  std::chrono::milliseconds every{10'000};  ///< between batches
};

/// One gateway that exists only for a load test: real catalogs and batches of made-up readings, a
/// new stream with each start, nothing on disk. Knows no connection and no clock.
class SwarmGateway {
 public:
  struct Sent {
    batch::Sequence sequence;
    std::uint64_t readings{};
    std::vector<std::byte> payload;
    reading::Instant at;  ///< when it was sealed
  };
  struct Confirmed {
    std::uint64_t readings{};
    std::chrono::microseconds took{};  ///< from sealed to confirmed
  };

  /// `born`: since when its meters are.
  SwarmGateway(const SwarmShape& shape, std::uint32_t number, batch::StreamId stream,
               reading::Stamp born);

  [[nodiscard]] auto name() const -> const std::string& { return name_; }
  [[nodiscard]] auto topic(batch::TopicKind kind) const -> std::string;
  /// Its only revision, encoded: the same bytes each time.
  [[nodiscard]] auto catalog() const -> std::vector<std::byte>;

  /// The next batch: the samples of the time up to `now`; a bit later if it comes sooner after the
  /// one before than it should, so that no time is there twice. Valid until the next call of any
  /// other function that changes something.
  auto seal(reading::Now now) -> const Sent&;
  /// In the order of their numbers.
  [[nodiscard]] auto unconfirmed() const -> const std::deque<Sent>& { return unconfirmed_; }
  /// What this frees. A foreign stream and unknown numbers free nothing.
  auto confirm(const batch::Confirmation& confirmation, reading::Instant now)
      -> std::vector<Confirmed>;

 private:
  [[nodiscard]] auto entries(reading::Stamp last) -> reading::Entries;

  SwarmShape shape_;
  std::string name_;
  batch::StreamId stream_;
  reading::Stamp born_;
  batch::Sequence last_;
  reading::Stamp newest_;  ///< time of its last samples
  std::uint32_t noise_;
  std::int64_t energy_ = 1'000'000;
  std::deque<Sent> unconfirmed_;
};

}  // namespace bornier::platform
