// SPDX-License-Identifier: Apache-2.0
#include "delivery/delivery.hpp"

#include <algorithm>
#include <utility>

namespace bornier::delivery {
namespace {

using Duration = Settings::Duration;
using reading::Instant;
using namespace std::chrono_literals;

/// Nothing is due: look again then all the same.
constexpr Duration idle = 1h;
/// How far live batches may run the backlog's share into debt.
constexpr Duration longest_debt = 10s;
constexpr Duration shortest_reconnect = 1ms;
/// A batch that was repeated so often has a trouble of its own once another is confirmed; that it
/// stays unconfirmed is no sign of a silent platform any more, and it leaves the window.
constexpr std::uint8_t own_trouble = 3;

auto doubled(Duration first, std::uint32_t times, Duration longest) -> Duration {
  auto interval = first;
  for (; times > 0 && interval < longest; --times)
    interval *= 2;
  return std::min(interval, longest);
}

/// Evenly within 0 … length.
auto share(Duration length, std::uint64_t random) -> Duration {
  return Duration{static_cast<Duration::rep>(
      random % (static_cast<std::uint64_t>(std::max(length, 0us).count()) + 1))};
}

/// Up to a quarter more, so that a city's gateways do not answer an outage in step.
auto jittered(Duration interval, std::uint64_t random) -> Duration {
  return interval + share(interval / 4, random);
}

/// When it was sealed on the steady clock. A stamp of the future (the clock was wrong) counts as
/// now.
auto instant_of(reading::Stamp sealed_at, reading::Now now) -> Instant {
  const auto age = std::max<Duration>(now.stamp - sealed_at, 0us);
  return now.instant - age;
}

}  // namespace

Delivery::Delivery(Settings settings, batch::StreamId stream)
    : settings_{settings}, stream_{stream} {
  settings_.window_batches = std::max(settings_.window_batches, 1U);
  settings_.backlog_rate = std::max<std::uint64_t>(settings_.backlog_rate, 1);
  settings_.first_repeat = std::max(settings_.first_repeat, Duration{1ms});
  settings_.longest_repeat = std::max(settings_.longest_repeat, settings_.first_repeat);
  settings_.first_reconnect = std::max(settings_.first_reconnect, shortest_reconnect);
  flights_.reserve(settings_.window_batches);
  retry_at_ = Instant::min();
}

void Delivery::load(std::span<const Held> unconfirmed, reading::Now now) {
  for (const auto& held : unconfirmed) {
    ledger_.append({held.sequence, held.bytes, instant_of(held.sealed_at, now)});
  }
}

void Delivery::sealed(batch::Sequence sequence, std::uint32_t bytes, reading::Now now) {
  ledger_.append({sequence, bytes, now.instant});
}

void Delivery::resend(std::span<const Held> missing, reading::Now now) {
  for (const auto& held : missing) {
    const auto flight = std::ranges::lower_bound(flights_, held.sequence, {}, &Flight::sequence);
    if (flight != flights_.end() && flight->sequence == held.sequence) {
      flight->again = true;
    } else {
      ledger_.insert({held.sequence, held.bytes, instant_of(held.sealed_at, now)});
    }
  }
}

void Delivery::replaced(batch::Sequence sequence, std::uint32_t bytes) {
  ledger_.set_bytes(sequence, bytes);
  // What was wrong with the other bytes says nothing about these.
  if (leave_aside({sequence, sequence}) > 0)
    ledger_.mark_waiting(sequence);
  const auto flight = std::ranges::lower_bound(flights_, sequence, {}, &Flight::sequence);
  if (flight == flights_.end() || flight->sequence != sequence)
    return;
  flight_bytes_ = flight_bytes_ - flight->bytes + bytes;
  flight->bytes = bytes;
}

void Delivery::stream_changed(batch::StreamId stream) {
  stream_ = stream;
  ledger_.clear();
  flights_.clear();
  flight_bytes_ = 0;
  aside_.clear();
  newly_confirmed_.clear();
  silent_ = false;
  silent_from_.reset();
}

void Delivery::connected(reading::Now now) {
  link_ = Link::connected;
  connected_at_ = now.instant;
  heard_since_connected_ = false;
  for (auto& flight : flights_)
    flight.again = true;
}

void Delivery::disconnected(reading::Now now) {
  const bool lasted =
      link_ == Link::connected &&
      (heard_since_connected_ || now.instant - connected_at_ >= settings_.longest_reconnect);
  if (lasted)
    failed_attempts_ = 0;
  link_ = Link::disconnected;
  retry_at_.reset();
}

void Delivery::acknowledged(batch::StreamId stream, batch::Sequence sequence,
                            std::uint8_t reason_code) {
  // 0x10, no matching subscribers, is a success to MQTT 5 (section 3.4.2.1), yet the broker has
  // thrown the batch away. A subscriber that is away with its session kept counts: 0.
  if (reason_code != 0) {
    ++refused_;
    refusal_reason_ = reason_code;
    return;
  }
  if (settings_.confirmed_by == ConfirmedBy::broker && stream == stream_) {
    confirm({sequence, sequence});
  }
}

void Delivery::gone(batch::StreamId stream, batch::Sequence sequence) {
  if (stream != stream_)
    return;
  std::vector<batch::Sequence> removed;
  ledger_.remove({sequence, sequence}, removed);
  leave_window({sequence, sequence});
  leave_aside({sequence, sequence});
}

void Delivery::confirmed(batch::StreamId stream, std::span<const batch::SequenceRange> ranges) {
  if (stream != stream_)
    return;
  for (const auto& range : ranges)
    confirm(range);
}

void Delivery::confirm(batch::SequenceRange range) {
  const auto before = newly_confirmed_.size();
  ledger_.remove(range, newly_confirmed_);
  if (newly_confirmed_.size() == before)
    return;
  heard_ = true;
  heard_since_connected_ = true;
  leave_window(range);
  if (leave_aside(range) > 0 && !aside_.empty()) {
    // Perhaps the trouble is over for all of them: the next one need not wait for its turn.
    auto& next = aside_.front();
    next.due = std::min(next.due, next.sent + settings_.first_repeat);
    aside_open_at_ = Instant::min();
  }
}

auto Delivery::leave_aside(batch::SequenceRange range) -> std::size_t {
  return std::erase_if(aside_, [&](const Aside& aside) {
    return range.first <= aside.sequence && aside.sequence <= range.last;
  });
}

void Delivery::leave_window(batch::SequenceRange range) {
  const auto inside = [&](const Flight& flight) {
    const bool hit = range.first <= flight.sequence && flight.sequence <= range.last;
    if (hit)
      flight_bytes_ -= flight.bytes;
    return hit;
  };
  std::erase_if(flights_, inside);
}

auto Delivery::step(reading::Now now, std::uint64_t random) -> Step {
  if (heard_) {
    heard_ = false;
    end_silence(now.instant, random);
  }
  if (!newly_confirmed_.empty()) {
    Confirmed confirmed{stream_, {}};
    std::ranges::sort(newly_confirmed_);
    for (const auto sequence : newly_confirmed_) {
      auto& ranges = confirmed.ranges;
      if (!ranges.empty() && ranges.back().last.value() + 1 == sequence.value()) {
        ranges.back().last = sequence;
      } else {
        ranges.push_back({sequence, sequence});
      }
    }
    newly_confirmed_.clear();
    return confirmed;
  }
  switch (link_) {
    case Link::disconnected: return step_disconnected(now.instant, random);
    case Link::connecting: return WaitUntil{now.instant + idle};
    case Link::connected: break;
  }
  if (!silent_ && silent_from_ && now.instant >= *silent_from_ && !flights_.empty()) {
    silent_ = true;
    silent_repeats_ = 0;
    repeat_at_ = std::max(now.instant, flights_.front().sent + settings_.first_repeat);
  }
  return silent_ ? step_silent(now.instant, random) : step_flowing(now.instant, random);
}

auto Delivery::step_disconnected(Instant now, std::uint64_t random) -> Step {
  if (!retry_at_) {
    // Full jitter: a broker that comes back is not met by all gateways of a city at once.
    const auto longest =
        doubled(settings_.first_reconnect, failed_attempts_ > 0 ? failed_attempts_ - 1 : 0,
                settings_.longest_reconnect);
    retry_at_ = now + std::max(share(longest, random), shortest_reconnect);
  }
  if (now < *retry_at_)
    return WaitUntil{*retry_at_};
  link_ = Link::connecting;
  ++failed_attempts_;
  return Connect{};
}

/// While confirmations stay away: the oldest batch, again and again, at doubling intervals. Once it
/// may be that batch's own trouble, every other turn goes to a new batch and the rest round the
/// window: batches that are never confirmed cannot hold up all others for ever. A full window then
/// sets its most repeated aside.
auto Delivery::step_silent(Instant now, std::uint64_t random) -> Step {
  if (now < repeat_at_)
    return WaitUntil{repeat_at_};
  const auto interval =
      doubled(settings_.first_repeat, silent_repeats_ + 1, settings_.longest_repeat);
  repeat_at_ = now + jittered(interval, random);
  const bool patient = silent_repeats_ < own_trouble;
  const auto turn = patient ? 0 : silent_repeats_ - own_trouble;
  ++silent_repeats_;
  if ((!patient && turn % 2 == 0) || flights_.empty()) {
    if (const auto fresh = ledger_.first_waiting()) {
      if (!has_room_for(fresh->bytes)) {
        const auto most = std::ranges::max_element(flights_, {}, &Flight::repeats);
        set_aside(most->sequence, now + jittered(settings_.longest_repeat, random));
      }
      if (has_room_for(fresh->bytes))
        return send_new(*fresh, lane_of(fresh->sealed, now), now, random);
    }
  }
  if (flights_.empty())
    return WaitUntil{repeat_at_};
  return send_again(flights_[turn / 2 % flights_.size()], now, random);
}

auto Delivery::step_flowing(Instant now, std::uint64_t random) -> Step {
  if (auto step = send_wanted(Lane::batch, now, random))
    return *step;
  const auto live = ledger_.first_live(live_since(now));
  const auto oldest = ledger_.first_waiting();
  const bool backlog_waits = oldest && oldest->sealed < live_since(now);
  // The last place is kept for the backlog: live batches that are never confirmed must not stop it.
  const bool kept = backlog_waits && settings_.window_batches > 1 &&
                    flights_.size() + 1 == settings_.window_batches;
  if (live && !kept && has_room_for(live->bytes))
    return send_new(*live, Lane::batch, now, random);

  const bool open = backlog_open_at_ <= now;
  const auto aside_at = aside_due();
  if (open) {
    if (auto step = send_wanted(Lane::backlog, now, random))
      return *step;
    if (aside_at && *aside_at <= now)
      return send_aside(now, random);
  }
  // A live batch that waits for room is not overtaken.
  const bool backlogs_turn = backlog_waits && (!live || kept);
  if (open && backlogs_turn && has_room_for(oldest->bytes))
    return send_new(*oldest, Lane::backlog, now, random);

  auto until = now + idle;
  if (!open)
    until = std::min(until, backlog_open_at_);
  if (silent_from_ && !flights_.empty())
    until = std::min(until, *silent_from_);
  if (aside_at && *aside_at > now)
    until = std::min(until, *aside_at);
  for (const auto& flight : flights_) {
    if (flight.due > now)
      until = std::min(until, flight.due);
  }
  return WaitUntil{until};
}

/// A batch in flight that has to be sent again, if there is one for this lane.
auto Delivery::send_wanted(Lane lane, Instant now, std::uint64_t random) -> std::optional<Step> {
  for (auto& flight : flights_) {
    const bool due = now >= flight.due;
    if ((!flight.again && !due) || lane_of(flight.sealed, now) != lane)
      continue;
    return send_again(flight, now, random);
  }
  return std::nullopt;
}

auto Delivery::send_new(const Waiting& waiting, Lane lane, Instant now, std::uint64_t random)
    -> Step {
  ledger_.mark_sent(waiting.sequence);
  flight_bytes_ += waiting.bytes;
  const auto place = std::ranges::lower_bound(flights_, waiting.sequence, {}, &Flight::sequence);
  const auto patience = jittered(settings_.first_repeat, random);
  flights_.insert(
      place, {waiting.sequence, waiting.bytes, 0, 0, false, waiting.sealed, now, now + patience});
  if (!silent_from_)
    silent_from_ = now + patience;
  charge(waiting.bytes, lane, now);
  ++published_;
  return Publish{stream_, waiting.sequence, lane, false};
}

auto Delivery::send_again(Flight& flight, Instant now, std::uint64_t random) -> Step {
  const Publish publish{stream_, flight.sequence, lane_of(flight.sealed, now), true};
  const bool lost_with_connection = std::exchange(flight.again, false);
  if (!lost_with_connection) {
    if (flight.repeats < 255)
      ++flight.repeats;
    if (!silent_ && flight.overtaken < own_trouble)
      ++flight.overtaken;
  }
  const auto interval = doubled(settings_.first_repeat, flight.repeats, settings_.longest_repeat);
  flight.sent = now;
  flight.due = now + jittered(interval, random);
  if (!silent_from_ && flight.repeats < own_trouble) {
    silent_from_ = now + jittered(settings_.first_repeat, random);
  }
  charge(flight.bytes, publish.lane, now);
  ++published_;
  ++repeated_;
  if (flight.overtaken >= own_trouble)
    set_aside(flight.sequence, now + jittered(settings_.longest_repeat, random));
  return publish;
}

/// Unless too many are aside already: then it keeps its place.
void Delivery::set_aside(batch::Sequence sequence, Instant due) {
  if (aside_.size() >= settings_.aside_batches)
    return;
  const auto flight = std::ranges::lower_bound(flights_, sequence, {}, &Flight::sequence);
  aside_.push_back({sequence, flight->bytes, flight->sealed, flight->sent, due});
  leave_window({sequence, sequence});
}

auto Delivery::aside_due() const -> std::optional<Instant> {
  if (aside_.empty())
    return std::nullopt;
  return std::max(aside_.front().due, aside_open_at_);
}

auto Delivery::send_aside(Instant now, std::uint64_t random) -> Step {
  auto aside = aside_.front();
  aside_.pop_front();
  const Publish publish{stream_, aside.sequence, lane_of(aside.sealed, now), true};
  charge(aside.bytes, publish.lane, now);
  aside.sent = now;
  aside.due = now + jittered(settings_.longest_repeat, random);
  aside_.push_back(aside);
  aside_open_at_ = now + settings_.first_repeat;
  ++published_;
  ++repeated_;
  return publish;
}

/// The way is open. What the silence kept from being repeated gets a fresh term: the broker may
/// have kept it, and the platform may be busy with what piled up. After a long silence it does so
/// outside the window: it was sent long before what is confirmed now.
void Delivery::end_silence(Instant now, std::uint64_t random) {
  silent_from_.reset();
  if (!std::exchange(silent_, false))
    return;
  const auto due = now + jittered(settings_.first_repeat, random);
  for (auto& flight : flights_)
    flight.due = due;
  const bool was_long = silent_repeats_ > own_trouble;
  while (was_long && !flights_.empty() && aside_.size() < settings_.aside_batches)
    set_aside(flights_.front().sequence, due);
}

/// Everything sealed since then is live: while this connection lasts, or within 2 × batch_every.
auto Delivery::live_since(Instant now) const -> Instant {
  return std::min(connected_at_, now - 2 * settings_.batch_every);
}

auto Delivery::lane_of(Instant sealed, Instant now) const -> Lane {
  return sealed >= live_since(now) ? Lane::batch : Lane::backlog;
}

auto Delivery::has_room_for(std::uint32_t bytes) const -> bool {
  if (flights_.empty())
    return true;
  return flights_.size() < settings_.window_batches &&
         flight_bytes_ + bytes <= settings_.window_bytes;
}

/// The backlog may go on once what was sent would have taken its time at backlog_rate.
void Delivery::charge(std::uint32_t bytes, Lane lane, Instant now) {
  const auto micros = std::uint64_t{bytes} * 1'000'000 / settings_.backlog_rate;
  const auto open_at =
      std::max(backlog_open_at_, now) + Duration{static_cast<Duration::rep>(micros)};
  if (lane == Lane::backlog) {
    backlog_open_at_ = open_at;
  } else {
    backlog_open_at_ = std::max(backlog_open_at_, std::min(open_at, now + longest_debt));
  }
}

auto Delivery::figures() const -> Figures {
  Figures figures{.link = link_,
                  .unconfirmed_batches = ledger_.size(),
                  .unconfirmed_bytes = ledger_.bytes(),
                  .in_flight_batches = static_cast<std::uint32_t>(flights_.size()),
                  .in_flight_bytes = flight_bytes_,
                  .aside_batches = static_cast<std::uint32_t>(aside_.size()),
                  .oldest_unconfirmed = ledger_.oldest(),
                  .silent = silent_,
                  .next_attempt = std::nullopt,
                  .published = published_,
                  .repeated = repeated_,
                  .refused = refused_,
                  .refusal_reason = refusal_reason_};
  if (link_ == Link::disconnected)
    figures.next_attempt = retry_at_;
  if (link_ == Link::connected && silent_)
    figures.next_attempt = repeat_at_;
  return figures;
}

auto Delivery::not_yet_sent(std::size_t limit) const -> std::vector<batch::SequenceRange> {
  return ledger_.waiting_ranges(limit);
}

}  // namespace bornier::delivery
