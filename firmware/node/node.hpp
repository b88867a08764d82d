// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "node/frame_reader.hpp"
#include "node/parts.hpp"
#include "node/server.hpp"

namespace bornier::node {

/// What the board looks at before each step: the tick first, then the rest.
struct Inputs {
  Tick now;
  std::uint16_t levels = 0;   ///< of the pins, bit by input
  bool brown_out = false;     ///< the supply is low now
  bool transmitting = false;  ///< from the step that gave `send` until its last stop bit has left
};

/// What the board does after each step.
struct Outputs {
  std::span<const std::byte>
      send;   ///< to be sent from now on; stays as it is until not transmitting
  Line line;  ///< as the UART has to be set, unless it transmits
  bool feed_watchdog = false;
};

/// The pulse node. One loop calls step() without end, at least every few milliseconds; interrupts
/// push into edges() and bytes() and touch nothing else.
class Node {
 public:
  /// What it references lives as long as the node. Interrupts may push as soon as it is made: the
  /// first step reads the whole journal, which takes 0.3 s from an EEPROM at 100 kHz.
  Node(const Boot& boot, const Stores& stores, const Defaults& defaults = {}) noexcept;
  Node(const Node&) = delete;
  auto operator=(const Node&) -> Node& = delete;

  [[nodiscard]] auto edges() noexcept -> EdgeQueue& { return parts_.edges; }
  [[nodiscard]] auto bytes() noexcept -> ByteQueue& { return parts_.bytes; }

  [[nodiscard]] auto step(const Inputs& inputs) noexcept -> Outputs;

  [[nodiscard]] auto parts() const noexcept -> const Parts& { return parts_; }

 private:
  auto open_journal() noexcept -> void;
  auto configure() noexcept -> void;
  auto start_contacts(bool door, bool mains) noexcept -> void;
  auto take_edges(const Inputs& inputs) noexcept -> void;
  auto put_edge(std::size_t input, bool level, Instant at) noexcept -> void;
  auto step_inputs() noexcept -> void;
  auto step_contacts() noexcept -> void;
  auto step_supply(bool brown_out) noexcept -> void;
  auto step_seconds() noexcept -> void;
  auto step_line(const Inputs& inputs) noexcept -> std::span<const std::byte>;
  auto take_bytes(const Inputs& inputs) noexcept -> void;
  auto step_journal() noexcept -> void;
  [[nodiscard]] auto is_serving() const noexcept -> bool;

  Parts parts_;
  Server server_;
  FrameReader reader_;
  Clock clock_;
  Instant second_;  // begun
  std::optional<Instant> open_tried_;
  std::optional<Instant> sending_since_;
  std::array<std::uint32_t, all_inputs> lost_told_{};
  Instant edges_told_;       // the second
  std::uint64_t total_ = 0;  // of all counts
  std::uint16_t storms_ = 0;
  std::uint16_t stucks_ = 0;
  bool edges_taken_ = false;
  bool failure_told_ = false;
  bool door_ = false;  // as told, likewise mains_
  bool mains_ = false;
};

}  // namespace bornier::node
