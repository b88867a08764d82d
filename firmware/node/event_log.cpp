// SPDX-License-Identifier: Apache-2.0
#include "node/event_log.hpp"

#include <algorithm>

namespace bornier::node {

auto EventLog::add(EventKind kind, std::uint8_t source, std::uint16_t value) noexcept -> void {
  events_[next_ % capacity] = Event{uptime_, boot_, value, kind, source};
  ++next_;
  size_ = std::min(size_ + 1, capacity);
}

auto EventLog::unsaved() const noexcept -> std::uint32_t {
  // What was overwritten before it could be saved is not waited for.
  return next_ - saved_ > size_ ? oldest() : saved_;
}

auto EventLog::pack(std::span<std::byte, packed_size> room) const noexcept -> std::uint32_t {
  const auto first_unsaved = unsaved();
  const auto window = static_cast<std::uint32_t>(std::min(packed, size_));
  const auto first = next_ - first_unsaved > packed ? first_unsaved : next_ - window;
  const auto end = first + window;
  wire::ByteWriter out{room};
  out.u16(static_cast<std::uint16_t>(first >> 16U));
  out.u16(static_cast<std::uint16_t>(first));
  for (auto number = first; number != end; ++number) {
    const auto& event = (*this)[number];
    out.u8(static_cast<std::uint8_t>(event.kind));
    out.u8(event.source);
    out.u16(event.value);
    out.u16(event.boot);
    out.u16(static_cast<std::uint16_t>(event.uptime >> 16U));
    out.u16(static_cast<std::uint16_t>(event.uptime));
  }
  while (out.room() > 0) {
    out.u8(0);
  }
  return end;
}

auto EventLog::restore(std::span<const std::byte, packed_size> record) noexcept -> void {
  wire::ByteReader in{record};
  auto number = static_cast<std::uint32_t>(in.u16()) << 16U;
  number |= in.u16();
  for (std::size_t index = 0; index < packed; ++index, ++number) {
    Event event;
    event.kind = static_cast<EventKind>(in.u8());
    event.source = in.u8();
    event.value = in.u16();
    event.boot = in.u16();
    event.uptime = static_cast<std::uint32_t>(in.u16()) << 16U;
    event.uptime |= in.u16();
    if (event.kind == EventKind{}) {
      break;
    }
    if (size_ > 0 && static_cast<std::int32_t>(number - next_) < 0) {
      continue;  // in the record before too
    }
    if (number != next_) {
      size_ = 0;  // a record between is lost: what is before it would get wrong numbers
    }
    next_ = number;
    events_[next_ % capacity] = event;
    ++next_;
    size_ = std::min(size_ + 1, capacity);
  }
  saved_ = next_;
}

auto EventLog::continue_from(std::uint32_t number) noexcept -> void {
  if (size_ > 0 && static_cast<std::int32_t>(number - next_) <= 0) {
    return;
  }
  if (number != next_) {
    size_ = 0;
  }
  next_ = number;
  saved_ = number;
}

}  // namespace bornier::node
