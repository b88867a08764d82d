// SPDX-License-Identifier: Apache-2.0
// For tests: an EEPROM and a flash whose power can be cut within any write, and a node on a bench.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "node/node.hpp"
#include "node/store.hpp"
#include "wire/testing.hpp"

namespace bornier::node {

/// Memory, and the writes that it takes until its power is cut.
struct Chip {
  static constexpr auto endless = std::numeric_limits<std::uint64_t>::max();

  explicit Chip(std::size_t size, std::byte fill = std::byte{0xFF}) : bytes(size, fill) {}

  /// Of single steps of writing: a byte of an EEPROM, a double word or an erasure of a flash.
  [[nodiscard]] auto spend() -> bool {
    if (left == 0) {
      return false;
    }
    left -= left == endless ? 0 : 1;
    return true;
  }
  [[nodiscard]] auto is_cut() const -> bool { return left == 0; }
  /// What is left where a write was cut off: what was there, an erased cell, or neither.
  auto tear(std::size_t from, std::size_t to) -> void {
    const auto how = random() % 3;
    for (auto at = from; at < to; ++at) {
      bytes[at] = how == 0   ? bytes[at]
                  : how == 1 ? std::byte{0xFF}
                             : static_cast<std::byte>(random());
    }
  }

  std::vector<std::byte> bytes;
  std::uint64_t left = endless;
  std::uint64_t writes = 0;  ///< begun
  bool answers = true;       ///< to reads
  bool fails = false;        ///< every write
  std::minstd_rand random{1};
};

/// An area of a 24C32: pages of 32 bytes. Each state() programs one page.
class EepromArea final : public Store {
 public:
  EepromArea(Chip& chip, std::size_t base, std::uint16_t slots, std::size_t slot_size)
      : chip_{&chip}, base_{base}, slot_size_{slot_size}, slots_{slots} {}

  [[nodiscard]] auto slot_count() const noexcept -> std::uint16_t override { return slots_; }

  [[nodiscard]] auto read(std::uint16_t slot, std::size_t offset,
                          std::span<std::byte> into) noexcept -> bool override {
    const auto from = std::span{chip_->bytes}.subspan(at(slot) + offset, into.size());
    std::copy(from.begin(), from.end(), into.begin());
    return chip_->answers && !chip_->is_cut();
  }

  [[nodiscard]] auto destroys(std::uint16_t) noexcept -> std::uint16_t override { return 1; }

  auto begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept
      -> void override {
    record_ = record;
    to_ = at(slot);
    written_ = 0;
    ++chip_->writes;
    ++begun;
  }

  [[nodiscard]] auto state() noexcept -> StoreState override {
    constexpr std::size_t page = 32;
    if (chip_->fails && written_ < record_.size()) {
      written_ = record_.size();
      return StoreState::failed;
    }
    const auto end = std::min(written_ + page, record_.size());
    for (; written_ < end; ++written_) {
      if (!chip_->spend()) {
        chip_->tear(to_ + written_, to_ + end);
        return StoreState::busy;
      }
      chip_->bytes[to_ + written_] = record_[written_];
    }
    return written_ == record_.size() ? StoreState::idle : StoreState::busy;
  }

  std::uint64_t begun = 0;

 private:
  [[nodiscard]] auto at(std::uint16_t slot) const -> std::size_t {
    return base_ + slot * slot_size_;
  }

  Chip* chip_;
  std::size_t base_;
  std::size_t slot_size_;
  std::span<const std::byte> record_;
  std::size_t to_ = 0;
  std::size_t written_ = 0;
  std::uint16_t slots_;
};

/// Pages of a flash, erased as a whole and written once by double words. Each state() writes one.
class FlashArea final : public Store {
 public:
  static constexpr std::size_t page = 2048;
  static constexpr std::size_t double_word = 8;

  FlashArea(Chip& chip, std::size_t base, std::size_t pages, std::size_t slot_size)
      : chip_{&chip}, base_{base}, slot_size_{slot_size}, pages_{pages} {}

  [[nodiscard]] auto slot_count() const noexcept -> std::uint16_t override {
    return static_cast<std::uint16_t>(pages_ * in_page());
  }
  [[nodiscard]] auto read(std::uint16_t slot, std::size_t offset,
                          std::span<std::byte> into) noexcept -> bool override {
    const auto from = std::span{chip_->bytes}.subspan(at(slot) + offset, into.size());
    std::copy(from.begin(), from.end(), into.begin());
    return chip_->answers && !chip_->is_cut();
  }
  [[nodiscard]] auto destroys(std::uint16_t slot) noexcept -> std::uint16_t override {
    if (slot % in_page() == 0) {
      return static_cast<std::uint16_t>(in_page());
    }
    const auto now = std::span{chip_->bytes}.subspan(at(slot), slot_size_);
    const bool blank =
        std::all_of(now.begin(), now.end(), [](std::byte byte) { return byte == std::byte{0xFF}; });
    return blank ? 1 : 0;
  }
  auto begin_write(std::uint16_t slot, std::span<const std::byte> record) noexcept
      -> void override {
    record_ = record;
    to_ = at(slot);
    written_ = 0;
    erase_ = slot % in_page() == 0;
    ++chip_->writes;
    ++begun;
  }
  [[nodiscard]] auto state() noexcept -> StoreState override {
    if (written_ == record_.size()) {
      return StoreState::idle;
    }
    const auto size = erase_ ? page : double_word;
    const auto from = to_ + written_;
    if (!chip_->spend()) {
      chip_->tear(from, from + size);
      return StoreState::busy;
    }
    if (erase_) {
      std::fill_n(chip_->bytes.begin() + static_cast<std::ptrdiff_t>(from), page, std::byte{0xFF});
      erase_ = false;
      return StoreState::busy;
    }
    for (std::size_t end = written_ + double_word; written_ < end; ++written_) {
      written_twice = written_twice || chip_->bytes[to_ + written_] != std::byte{0xFF};
      chip_->bytes[to_ + written_] = record_[written_];
    }
    return written_ == record_.size() ? StoreState::idle : StoreState::busy;
  }

  std::uint64_t begun = 0;
  bool written_twice = false;  ///< without an erasure between: real flash refuses

 private:
  [[nodiscard]] auto in_page() const -> std::size_t { return page / slot_size_; }
  [[nodiscard]] auto at(std::uint16_t slot) const -> std::size_t {
    return base_ + slot * slot_size_;
  }

  Chip* chip_;
  std::size_t base_;
  std::size_t slot_size_;
  std::size_t pages_;
  std::span<const std::byte> record_;
  std::size_t to_ = 0;
  std::size_t written_ = 0;
  bool erase_ = false;
};

/// A 24C32 as boards divide it; smaller ones are quicker to look through.
struct Eeprom {
  explicit Eeprom(Chip& chip, std::uint16_t counters_slots = 48, std::uint16_t events_slots = 8)
      : counters{chip, 0, counters_slots, counters_slot},
        settings{chip, counters_slots * counters_slot, 2, settings_slot},
        events{chip, counters_slots * counters_slot + 2 * settings_slot, events_slots,
               events_slot} {}

  [[nodiscard]] auto stores() -> Stores { return {counters, settings, events}; }

  EepromArea counters;
  EepromArea settings;
  EepromArea events;
};

struct Flash {
  explicit Flash(Chip& chip)
      : counters{chip, 0, 2, counters_slot},
        settings{chip, 2 * FlashArea::page, 2, settings_slot},
        events{chip, 4 * FlashArea::page, 2, events_slot} {}

  [[nodiscard]] auto stores() -> Stores { return {counters, settings, events}; }

  FlashArea counters;
  FlashArea settings;
  FlashArea events;
};

/// A node on its bench: a line on which a client talks, pins, a supply, and time moved by hand.
class Bench {
 public:
  explicit Bench(Chip& chip, const Boot& boot = {}, const Defaults& defaults = active_high())
      : now{boot.now.value()},
        levels{boot.levels},
        eeprom_{chip},
        node{boot, eeprom_.stores(), defaults} {}

  static auto active_high() -> Defaults { return {10, 1}; }

  /// One step of the loop after the other, `each` apart.
  void pass(Micros time, Micros each = 500) {
    for (Micros end = now + time; now < end;) {
      now += std::min(each, end - now);
      step();
    }
  }

  void step() {
    const auto out = node.step({tick(), levels, brown_out, now < transmitting_until});
    line = out.line;
    fed = out.feed_watchdog;
    if (!out.send.empty()) {
      sent.assign(out.send.begin(), out.send.end());
      sent_at = now;
      transmitting_until = now + out.send.size() * character_time(line.baud);
    }
  }

  void set(std::size_t input, bool level) {
    const auto bit = static_cast<std::uint16_t>(1U << input);
    levels = static_cast<std::uint16_t>(level ? levels | bit : levels & ~bit);
    node.edges().push({tick(), static_cast<std::uint8_t>(input), level});
  }
  void pulse(std::size_t input, Micros width = 30'000, Micros pause = 30'000) {
    set(input, true);
    pass(width);
    set(input, false);
    pass(pause);
  }

  /// Characters at line speed.
  void receive(std::span<const std::byte> bytes) {
    for (const auto byte : bytes) {
      pass(character_time(line.baud), character_time(line.baud));
      node.bytes().push(byte, false, tick());
    }
  }

  /// What the node answers to a whole frame; nothing within 200 ms where it does not.
  auto ask_raw(std::span<const std::byte> adu) -> std::vector<std::byte> {
    sent.clear();
    receive(adu);
    for (int half_ms = 0; half_ms < 400 && (sent.empty() || now < transmitting_until); ++half_ms) {
      pass(500);
    }
    pass(5'000);
    return sent;
  }
  /// Both without unit and checksum, which are right in the answer too.
  auto ask(std::span<const std::byte> pdu, std::uint8_t unit) -> std::vector<std::byte> {
    const auto adu = wire::encode_rtu(wire::UnitId{unit}, pdu).value();
    const auto answer = ask_raw(adu.bytes());
    if (answer.empty()) {
      return {};
    }
    const auto frame = wire::decode_rtu(answer).value();
    return frame.unit.value() == unit ? wire::copy(frame.pdu) : std::vector<std::byte>{};
  }
  auto ask(std::string_view pdu) -> std::vector<std::byte> {
    return ask(wire::bytes(pdu), line.unit);
  }

  [[nodiscard]] auto tick() const -> Tick { return Tick{static_cast<std::uint32_t>(now)}; }
  [[nodiscard]] auto parts() const -> const Parts& { return node.parts(); }
  /// How many events of this kind are in the log.
  [[nodiscard]] auto events(EventKind kind) const -> int {
    int found = 0;
    const auto& log = parts().log;
    for (auto number = log.oldest(); number != log.next(); ++number) {
      found += log[number].kind == kind ? 1 : 0;
    }
    return found;
  }

  Micros now = 0;
  std::uint16_t levels = 0;
  bool brown_out = false;
  bool fed = false;
  Line line;
  std::vector<std::byte> sent;
  Micros sent_at = 0;
  Micros transmitting_until = 0;

 private:
  Eeprom eeprom_;

 public:
  Node node;
};

}  // namespace bornier::node
