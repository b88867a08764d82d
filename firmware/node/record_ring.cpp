// SPDX-License-Identifier: Apache-2.0
#include "node/record_ring.hpp"

#include <algorithm>
#include <array>

#include "node/crc32.hpp"
#include "wire/bytes.hpp"

namespace bornier::node {

namespace {

constexpr std::uint8_t most_tries = 4;

auto read_u32(std::span<const std::byte> bytes) noexcept -> std::uint32_t {
  wire::ByteReader in{bytes};
  const auto high = static_cast<std::uint32_t>(in.u16()) << 16U;
  return high | in.u16();
}

auto write_u32(std::span<std::byte> bytes, std::uint32_t value) noexcept -> void {
  wire::ByteWriter out{bytes};
  out.u16(static_cast<std::uint16_t>(value >> 16U));
  out.u16(static_cast<std::uint16_t>(value));
}

/// Never written: erased, or as a new EEPROM comes.
auto is_blank(std::span<const std::byte> record) noexcept -> bool {
  const auto fill = record[0];
  return (fill == std::byte{0xFF} || fill == std::byte{0}) &&
         std::all_of(record.begin(), record.end(), [fill](std::byte byte) { return byte == fill; });
}

}  // namespace

auto RecordRing::checksum(std::span<const std::byte> record) const noexcept -> std::uint32_t {
  const std::array head{static_cast<std::byte>(area_), std::byte{format}};
  return crc32(record.first(record.size() - 4), crc32(head));
}

auto RecordRing::whole(std::span<const std::byte> record) const noexcept -> bool {
  return !is_blank(record) && read_u32(record.last(4)) == checksum(record);
}

auto RecordRing::open(std::span<std::byte> room) noexcept -> std::optional<Found> {
  Found found;
  newest_slot_.reset();
  for (std::uint16_t slot = 0; slot < store_->slot_count(); ++slot) {
    if (!store_->read(slot, 0, room)) {
      return std::nullopt;
    }
    if (!whole(room)) {
      found.damaged = static_cast<std::uint16_t>(found.damaged + (is_blank(room) ? 0 : 1));
      continue;
    }
    const auto sequence = read_u32(room);
    if (!newest_slot_ || static_cast<std::int32_t>(sequence - newest_sequence_) > 0) {
      newest_slot_ = slot;
      newest_sequence_ = sequence;
    }
  }
  found.any = newest_slot_.has_value();
  slot_ = newest_slot_.value_or(static_cast<std::uint16_t>(store_->slot_count() - 1));
  sequence_ = found.any ? newest_sequence_ : 0;
  if (found.any && !(store_->read(*newest_slot_, 0, room) && whole(room) &&
                     read_u32(room) == newest_sequence_)) {
    return std::nullopt;
  }
  return found;
}

auto RecordRing::read_back(std::uint16_t back, std::span<std::byte> room) noexcept -> bool {
  const auto count = store_->slot_count();
  if (!newest_slot_ || back >= count) {
    return false;
  }
  const auto slot = static_cast<std::uint16_t>((*newest_slot_ + count - back) % count);
  return store_->read(slot, 0, room) && whole(room) &&
         static_cast<std::int32_t>(read_u32(room) - newest_sequence_) <= 0;
}

auto RecordRing::next_slot() noexcept -> bool {
  const auto count = store_->slot_count();
  for (std::uint16_t ahead = 1; ahead <= count; ++ahead) {
    const auto slot = static_cast<std::uint16_t>((slot_ + ahead) % count);
    const auto destroyed = store_->destroys(slot);
    const auto to_newest =
        newest_slot_ ? (*newest_slot_ + count - slot) % count : static_cast<int>(count);
    if (destroyed != 0 && to_newest >= destroyed) {
      slot_ = slot;
      return true;
    }
  }
  return false;
}

auto RecordRing::begin(std::span<std::byte> record) noexcept -> void {
  record_ = record;
  // A number is not used twice, even if its record seems to have failed: two would be the newest.
  ++sequence_;
  write_u32(record.first(4), sequence_);
  write_u32(record.last(4), checksum(record));
  tries_ = 0;
  writing_ = next_slot();
  if (writing_) {
    store_->begin_write(slot_, record_);
  } else {
    tries_ = most_tries;
  }
}

auto RecordRing::step() noexcept -> Progress {
  if (!writing_) {
    return tries_ == most_tries ? (tries_ = 0, Progress::failed) : Progress::idle;
  }
  const auto state = store_->state();
  if (state == StoreState::busy) {
    return Progress::writing;
  }
  if (state == StoreState::idle && reads_back()) {
    writing_ = false;
    newest_slot_ = slot_;
    newest_sequence_ = sequence_;
    return Progress::saved;
  }
  if (++tries_ < most_tries && next_slot()) {
    store_->begin_write(slot_, record_);
    return Progress::writing;
  }
  tries_ = 0;
  writing_ = false;
  return Progress::failed;
}

auto RecordRing::reads_back() noexcept -> bool {
  std::array<std::byte, 32> part{};
  for (std::size_t offset = 0; offset < record_.size(); offset += part.size()) {
    const auto expected = record_.subspan(offset, std::min(part.size(), record_.size() - offset));
    const auto read = std::span{part}.first(expected.size());
    if (!store_->read(slot_, offset, read) ||
        !std::equal(read.begin(), read.end(), expected.begin())) {
      return false;
    }
  }
  return true;
}

}  // namespace bornier::node
