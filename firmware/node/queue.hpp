// SPDX-License-Identifier: Apache-2.0
// What interrupts hand to the loop. One interrupt priority writes, the loop reads; plain loads and
// stores with fences only, which a Cortex-M0+ has (it has no atomic read-modify-write).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "node/time.hpp"

namespace bornier::node {

/// A ring for one writer and one reader that never wait for each other.
template <class T, std::size_t Capacity>
class Ring {
  static_assert((Capacity & (Capacity - 1)) == 0, "positions wrap with their type");
  // Lock-free loads and stores: a Cortex-M0+ calls itself lock-free only if it had exchanges too.
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

 public:
  /// The writer's; false where it is full.
  auto push(T value) noexcept -> bool {
    const auto at = written_.load(std::memory_order_relaxed);
    if (at - read_.load(std::memory_order_acquire) == Capacity) {
      return false;
    }
    values_[at % Capacity] = value;
    written_.store(at + 1, std::memory_order_release);
    return true;
  }

  /// The reader's.
  auto pop() noexcept -> std::optional<T> {
    const auto at = read_.load(std::memory_order_relaxed);
    if (at == written_.load(std::memory_order_acquire)) {
      return std::nullopt;
    }
    const T value = values_[at % Capacity];
    read_.store(at + 1, std::memory_order_release);
    return value;
  }

 private:
  std::array<T, Capacity> values_{};
  std::atomic<std::uint32_t> written_{0};
  std::atomic<std::uint32_t> read_{0};
};

inline constexpr std::size_t pulse_inputs = 8;
/// The pulse inputs, then door and mains.
inline constexpr std::size_t all_inputs = 10;
inline constexpr std::size_t door_input = 8;
inline constexpr std::size_t mains_input = 9;

struct Edge {
  Tick tick;
  std::uint8_t input = 0;
  bool level = false;  ///< of the pin, after the edge
};
static_assert(sizeof(Edge) == 8);

/// Edges of all inputs in their order. What finds no room is counted by input.
class EdgeQueue {
 public:
  /// The interrupt's; `input` < all_inputs.
  auto push(Edge edge) noexcept -> void {
    if (!edges_.push(edge)) {
      auto& lost = lost_[edge.input];
      lost.store(lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  /// The loop's.
  auto pop() noexcept -> std::optional<Edge> { return edges_.pop(); }
  /// Wraps: compare differences.
  [[nodiscard]] auto lost(std::size_t input) const noexcept -> std::uint32_t {
    return lost_[input].load(std::memory_order_relaxed);
  }

 private:
  Ring<Edge, 64> edges_;
  std::array<std::atomic<std::uint32_t>, all_inputs> lost_{};
};

/// One character off the line in 32 bits: what it was, when, and whether it can be trusted.
class LineByte {
 public:
  constexpr LineByte() noexcept = default;
  /// `damaged`: parity or framing error, or characters lost before it.
  constexpr LineByte(std::byte value, bool damaged, Tick tick) noexcept
      : bits_{tick.value() << 9U | (damaged ? 0x100U : 0U) |
              std::to_integer<std::uint32_t>(value)} {}

  [[nodiscard]] constexpr auto value() const noexcept -> std::byte {
    return static_cast<std::byte>(bits_ & 0xFFU);
  }
  [[nodiscard]] constexpr auto damaged() const noexcept -> bool { return (bits_ & 0x100U) != 0; }
  /// Read less than 4 s after it came: only 23 bits of its tick were kept.
  [[nodiscard]] constexpr auto tick(Tick now) const noexcept -> Tick {
    const auto ahead = static_cast<std::int32_t>((bits_ & ~0x1FFU) - (now.value() << 9U)) / 512;
    return Tick{now.value() + static_cast<std::uint32_t>(ahead)};
  }

 private:
  std::uint32_t bits_ = 0;
};

/// Characters off the line. One that found no room makes the next one damaged.
class ByteQueue {
 public:
  /// The interrupt's.
  auto push(std::byte value, bool damaged, Tick tick) noexcept -> void {
    if (bytes_.push(LineByte{value, damaged || overrun_, tick})) {
      overrun_ = false;
    } else {
      overrun_ = true;
      overruns_.store(overruns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  /// The loop's.
  auto pop() noexcept -> std::optional<LineByte> { return bytes_.pop(); }
  [[nodiscard]] auto overruns() const noexcept -> std::uint32_t {
    return overruns_.load(std::memory_order_relaxed);
  }

 private:
  Ring<LineByte, 128> bytes_;
  std::atomic<std::uint32_t> overruns_{0};
  bool overrun_ = false;
};

}  // namespace bornier::node
