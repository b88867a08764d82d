// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/node_order.hpp"
#include "app/node_registers.hpp"
#include "app/node_values.hpp"
#include "wire/result.hpp"

/// A node as its registers show it.
namespace bornier::app {

struct NodeEvent {
  std::uint32_t number{};
  std::uint16_t boot{};  ///< the low half of its number
  std::uint8_t kind{};
  std::uint8_t source{};
  std::uint32_t uptime{};  ///< seconds since that boot
  std::uint16_t value{};
};

struct NodeInput {
  std::uint64_t count{};
  std::uint32_t interval_us{};
  std::uint32_t rejected{};
  std::uint16_t edges_lost{};
  std::uint16_t mode{};      ///< 0 off, 1 active when high, 2 active when low
  std::uint16_t debounce{};  ///< in 0.1 ms, as the next
  std::uint16_t min_width{};
  bool active{};
  bool storm{};
  bool stuck{};
  NodeScale scale;
};

struct NodeImage {
  std::uint16_t map_id{};
  std::uint16_t map_version{};
  std::uint16_t firmware{};  ///< major in the high byte
  std::uint64_t serial{};
  std::uint32_t uptime{};
  std::uint32_t boots{};
  std::uint16_t reset_cause{};
  std::uint16_t journal_failures{};
  std::uint32_t journal_saves{};
  std::uint32_t fault_pc{};
  std::uint32_t fault_lr{};
  std::uint32_t fault_status{};
  bool door_open{};
  bool mains_present{};
  bool brown_out{};
  bool line_on_trial{};
  bool journal_failing{};
  std::array<std::uint16_t, 3> line{};  ///< address, baud in hundreds, format
  std::uint16_t save_every_s{};
  std::array<NodeInput, node_at::input_count> inputs{};
  std::vector<NodeEvent> events;  ///< oldest first
};

/// What tells a node from other meters, and which one it is.
[[nodiscard]] auto identity_reads() -> std::vector<NodeRead>;
/// Empty if the answer to the first of them is that of a node this program knows; or what it is
/// instead, for people.
[[nodiscard]] auto objection_to_node(std::span<const std::uint16_t> identity) -> std::string;

/// All there is to know. `words` answers them in order.
[[nodiscard]] auto image_reads() -> std::vector<NodeRead>;
[[nodiscard]] auto image_of(const std::vector<std::vector<std::uint16_t>>& words)
    -> wire::Result<NodeImage, std::string>;

/// Of one input, 0 to 7: its settings and its count.
[[nodiscard]] auto input_reads(std::uint16_t input) -> std::vector<NodeRead>;
[[nodiscard]] auto input_of(const std::vector<std::vector<std::uint16_t>>& words)
    -> wire::Result<NodeInput, std::string>;
/// The writes that give input `input` this scale, unlocked first where the start index changes.
[[nodiscard]] auto scale_writes(std::uint16_t input, const NodeScale& before,
                                const NodeScale& after) -> std::vector<NodeWrite>;

/// "input 3: storm: more edges than any meter gives".
[[nodiscard]] auto to_text(const NodeEvent& event) -> std::string;
/// "power on", "watchdog" …
[[nodiscard]] auto reset_cause_text(std::uint16_t cause) -> std::string;

}  // namespace bornier::app
