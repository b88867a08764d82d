// SPDX-License-Identifier: Apache-2.0
#include "node/journal.hpp"

#include "wire/bytes.hpp"

namespace bornier::node {

namespace {

auto index_of(Area area) noexcept -> std::size_t {
  return static_cast<std::size_t>(area) - 1;
}

auto write_words(wire::ByteWriter& out, std::uint64_t value, int words) noexcept -> void {
  for (int word = words - 1; word >= 0; --word) {
    out.u16(static_cast<std::uint16_t>(value >> 16 * word));
  }
}

auto read_words(wire::ByteReader& in, int words) noexcept -> std::uint64_t {
  std::uint64_t value = 0;
  for (int word = 0; word < words; ++word) {
    value = value << 16U | in.u16();
  }
  return value;
}

auto pack_counters(const Counters& counters, std::span<std::byte> room) noexcept -> void {
  wire::ByteWriter out{room};
  for (const auto count : counters.counts) {
    write_words(out, count, 3);
  }
  write_words(out, counters.boots, 2);
  write_words(out, counters.next_event, 2);
}

auto unpack_counters(std::span<const std::byte> payload) noexcept -> Counters {
  wire::ByteReader in{payload};
  Counters counters;
  for (auto& count : counters.counts) {
    count = read_words(in, 3);
  }
  counters.boots = static_cast<std::uint32_t>(read_words(in, 2));
  counters.next_event = static_cast<std::uint32_t>(read_words(in, 2));
  return counters;
}

}  // namespace

Journal::Journal(const Stores& stores) noexcept
    : counters_{stores.counters, Area::counters},
      settings_{stores.settings, Area::settings},
      events_{stores.events, Area::events} {}

auto Journal::ring(Area area) noexcept -> RecordRing& {
  switch (area) {
    case Area::counters: return counters_;
    case Area::settings: return settings_;
    case Area::events: return events_;
  }
  return counters_;
}

auto Journal::open(Settings& settings, EventLog& log) noexcept -> std::optional<Opened> {
  const auto room = std::span{room_};
  const auto small = room.first<counters_slot>();
  static_assert(counters_slot == events_slot);
  Opened opened;

  const auto events = events_.open(small);
  const auto kept = settings_.open(room);
  if (!events || !kept) {
    return std::nullopt;
  }
  if (kept->any) {
    settings.restore(RecordRing::payload(room));
  }
  const auto counters = counters_.open(small);
  if (!counters) {
    return std::nullopt;
  }
  if (counters->any) {
    opened.counters = unpack_counters(RecordRing::payload(small));
  }
  opened.damaged = {counters->damaged, kept->damaged, events->damaged};

  log = EventLog{};
  for (std::uint16_t back = most_event_records; back-- > 0;) {
    if (events_.read_back(back, small)) {
      log.restore(RecordRing::payload(small).first<EventLog::packed_size>());
    }
  }
  if (counters->any) {
    log.continue_from(opened.counters.next_event);
  }
  open_ = true;
  return opened;
}

auto Journal::paused(Area area, Instant now, Micros pause) const noexcept -> bool {
  const auto& begun = begun_[index_of(area)];
  return begun && elapsed(*begun, now) < pause;
}

auto Journal::due(Instant now, Micros save_every, const EventLog& log) const noexcept
    -> std::optional<Area> {
  if (early_ && !(early_begun_ && elapsed(*early_begun_, now) < early_pause)) {
    return Area::counters;
  }
  const auto& begun = begun_[index_of(Area::counters)];
  if (counters_changed_ && (!begun || elapsed(*begun, now) >= save_every)) {
    return Area::counters;
  }
  if (settings_changed_ && !paused(Area::settings, now, settings_pause)) {
    return Area::settings;
  }
  if (log.unsaved() != log.next() && !paused(Area::events, now, events_pause)) {
    return Area::events;
  }
  return std::nullopt;
}

auto Journal::begin(Area area, Instant now, const Counters& counters, const Settings& settings,
                    const EventLog& log) noexcept -> void {
  std::span<std::byte> record{room_};
  if (area != Area::settings) {
    record = record.first(counters_slot);
  }
  const auto payload = RecordRing::payload(record);
  switch (area) {
    case Area::counters:
      pack_counters(counters, payload);
      counters_changed_ = false;
      if (early_) {
        early_begun_ = now;
        early_ = false;
      }
      break;
    case Area::settings:
      settings.pack(payload);
      settings_changed_ = false;
      break;
    case Area::events: events_end_ = log.pack(payload.first<EventLog::packed_size>()); break;
  }
  begun_[index_of(area)] = now;
  writing_ = area;
  ring(area).begin(record);
}

auto Journal::finish(Area area, bool saved, EventLog& log) noexcept -> void {
  writing_.reset();
  if (!saved) {
    ++failures_;
    failed_area_ = area;
  }
  switch (area) {
    case Area::counters:
      saves_ += saved ? 1U : 0U;
      if (!saved) {
        counters_changed_ = true;
        early_ = true;
      }
      break;
    case Area::settings: settings_changed_ = settings_changed_ || !saved; break;
    case Area::events:
      if (saved) {
        log.mark_saved(events_end_);
      }
      break;
  }
}

auto Journal::step(Instant now, Micros save_every, const Counters& counters,
                   const Settings& settings, EventLog& log) noexcept -> void {
  if (!open_) {
    return;
  }
  if (writing_) {
    const auto progress = ring(*writing_).step();
    if (progress == RecordRing::Progress::writing) {
      return;
    }
    finish(*writing_, progress == RecordRing::Progress::saved, log);
  }
  if (early_ && !counters_changed_) {
    early_ = false;  // the newest record holds it all
  }
  if (const auto area = due(now, save_every, log)) {
    begin(*area, now, counters, settings, log);
  }
}

auto Journal::settled() const noexcept -> bool {
  return !writing_ && !early_ && !counters_changed_ && !settings_changed_;
}

}  // namespace bornier::node
