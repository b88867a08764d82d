// SPDX-License-Identifier: Apache-2.0
#include "app/node_image.hpp"

#include <algorithm>
#include <utility>

namespace bornier::app {
namespace {

constexpr std::array<std::string_view, 7> reset_causes{
    "unknown", "power on", "brown-out", "watchdog", "reset pin", "software", "fault"};
constexpr std::array<std::string_view, 4> journal_areas{"unknown", "counters", "settings",
                                                        "events"};
// An answer holds 125 registers: 15 events.
constexpr std::uint16_t events_a_read = 15;

/// Values out of one answer, by the address in its table.
class Words {
 public:
  Words(std::span<const std::uint16_t> words, std::uint16_t first) : words_{words}, first_{first} {}

  [[nodiscard]] auto u16(std::uint16_t address) const -> std::uint16_t {
    return words_[static_cast<std::size_t>(address - first_)];
  }
  [[nodiscard]] auto u32(int address) const -> std::uint32_t {
    return static_cast<std::uint32_t>(value(address, 2));
  }
  [[nodiscard]] auto u64(int address) const -> std::uint64_t { return value(address, 4); }
  [[nodiscard]] auto bit(int address) const -> bool {
    return u16(static_cast<std::uint16_t>(address)) != 0;
  }

 private:
  [[nodiscard]] auto value(int address, int size) const -> std::uint64_t {
    std::uint64_t all = 0;
    for (int word = 0; word < size; ++word) {
      all = all << 16U | u16(static_cast<std::uint16_t>(address + word));
    }
    return all;
  }

  std::span<const std::uint16_t> words_;
  std::uint16_t first_;
};

auto input_base(std::uint16_t input) -> std::uint16_t {
  return static_cast<std::uint16_t>(node_at::inputs + node_at::input_stride * input);
}

auto settings_read(std::uint16_t input) -> NodeRead {
  return {wire::Table::holding_register, input_base(input), node_at::input_words};
}

void take_settings(NodeInput& input, const Words& words) {
  input.mode = words.u16(0);
  input.debounce = words.u16(1);
  input.min_width = words.u16(2);
  input.scale = {words.u32(4), static_cast<std::int16_t>(words.u16(6)), words.u16(7), words.u64(8)};
}

void take_identity(NodeImage& image, const Words& words) {
  image.map_id = words.u16(0);
  image.map_version = words.u16(1);
  image.firmware = words.u16(2);
  image.serial = words.u64(node_at::serial);
  image.uptime = words.u32(8);
  image.boots = words.u32(10);
  image.reset_cause = words.u16(12);
  image.journal_failures = words.u16(15);
  image.journal_saves = words.u32(16);
  image.fault_pc = words.u32(24);
  image.fault_lr = words.u32(26);
  image.fault_status = words.u32(28);
}

void take_counts(NodeImage& image, const Words& words) {
  for (int index = 0; index < node_at::input_count; ++index) {
    auto& input = image.inputs.at(static_cast<std::size_t>(index));
    input.count = words.u64(0x100 + 4 * index);
    input.interval_us = words.u32(0x120 + 2 * index);
    input.rejected = words.u32(0x130 + 2 * index);
    input.edges_lost = words.u16(static_cast<std::uint16_t>(0x140 + index));
  }
}

void take_bits(NodeImage& image, const Words& bits) {
  for (int index = 0; index < node_at::input_count; ++index) {
    auto& input = image.inputs.at(static_cast<std::size_t>(index));
    input.active = bits.bit(index);
    input.storm = bits.bit(10 + index);
    input.stuck = bits.bit(18 + index);
  }
  image.door_open = bits.bit(8);
  image.mains_present = bits.bit(9);
  image.brown_out = bits.bit(26);
  image.line_on_trial = bits.bit(node_at::line_on_trial);
  image.journal_failing = bits.bit(29);
}

void take_events(NodeImage& image, std::span<const std::uint16_t> words) {
  for (std::size_t at = 0; at + node_at::event_words <= words.size(); at += node_at::event_words) {
    const Words event{words.subspan(at, node_at::event_words), 0};
    if (event.u32(0) != 0) {
      image.events.push_back({.number = event.u32(0),
                              .boot = event.u16(2),
                              .kind = static_cast<std::uint8_t>(event.u16(3) >> 8U),
                              .source = static_cast<std::uint8_t>(event.u16(3)),
                              .uptime = event.u32(4),
                              .value = event.u16(6)});
    }
  }
}

auto fits(const std::vector<NodeRead>& reads, const std::vector<std::vector<std::uint16_t>>& words)
    -> bool {
  return std::ranges::equal(reads, words, [](const NodeRead& read, const auto& answer) {
    return answer.size() == read.count;
  });
}

auto input_name(std::uint8_t source) -> std::string {
  if (source < node_at::input_count) {
    return "input " + std::to_string(source + 1);
  }
  return source == node_at::input_count ? "door" : "mains";
}

auto hex_word(std::uint16_t value) -> std::string {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) {
    text += digits[value >> static_cast<unsigned>(shift) & 0xFU];
  }
  return text;
}

auto area_name(std::uint8_t area) -> std::string {
  return std::string{area < journal_areas.size() ? journal_areas.at(area) : journal_areas[0]};
}

}  // namespace

auto identity_reads() -> std::vector<NodeRead> {
  return {{wire::Table::input_register, node_at::identity, node_at::identity_end}};
}

auto objection_to_node(std::span<const std::uint16_t> identity) -> std::string {
  if (identity.size() != node_at::identity_end || identity[0] != node_at::map_id) {
    return "what answers is no pulse node of ours: input register 0 is not " +
           hex_word(node_at::map_id) + "; bornier scan names what it is";
  }
  if (identity[1] != node_at::map_version) {
    return "the node's registers are of version " + std::to_string(identity[1]) +
           ", this program knows version " + std::to_string(node_at::map_version);
  }
  return {};
}

auto image_reads() -> std::vector<NodeRead> {
  auto reads = identity_reads();
  reads.push_back({wire::Table::input_register, node_at::counts,
                   static_cast<std::uint16_t>(node_at::counts_end - node_at::counts)});
  reads.push_back({wire::Table::discrete_input, 0, node_at::bits_end});
  reads.push_back({wire::Table::holding_register, node_at::unit_id, node_at::settings_end});
  for (std::uint16_t input = 0; input < node_at::input_count; ++input) {
    reads.push_back(settings_read(input));
  }
  for (std::uint16_t event = 0; event < node_at::event_count; event += events_a_read) {
    const auto count = std::min<int>(events_a_read, node_at::event_count - event);
    reads.push_back({wire::Table::input_register,
                     static_cast<std::uint16_t>(node_at::events + node_at::event_words * event),
                     static_cast<std::uint16_t>(node_at::event_words * count)});
  }
  return reads;
}

auto image_of(const std::vector<std::vector<std::uint16_t>>& words)
    -> wire::Result<NodeImage, std::string> {
  if (words.empty() || !fits(image_reads(), words)) {
    return std::string{"the node's answers are of another length than was asked for"};
  }
  if (auto objection = objection_to_node(words[0]); !objection.empty()) {
    return objection;
  }
  NodeImage image;
  take_identity(image, {words[0], node_at::identity});
  take_counts(image, {words[1], node_at::counts});
  take_bits(image, {words[2], 0});
  std::copy_n(words[3].begin(), image.line.size(), image.line.begin());
  image.save_every_s = words[3][3];
  std::size_t next = 4;
  for (auto& input : image.inputs) {
    take_settings(input, {words[next++], 0});
  }
  for (; next < words.size(); ++next) {
    take_events(image, words[next]);
  }
  // Numbers wrap after 2^32: by difference.
  std::ranges::sort(image.events, [](const NodeEvent& left, const NodeEvent& right) {
    return static_cast<std::int32_t>(left.number - right.number) < 0;
  });
  return image;
}

auto input_reads(std::uint16_t input) -> std::vector<NodeRead> {
  auto reads = identity_reads();
  reads.push_back(settings_read(input));
  reads.push_back(
      {wire::Table::input_register, static_cast<std::uint16_t>(node_at::counts + 4 * input), 4});
  return reads;
}

auto input_of(const std::vector<std::vector<std::uint16_t>>& words)
    -> wire::Result<NodeInput, std::string> {
  if (words.size() != 3 || !fits(input_reads(0), words)) {
    return std::string{"the node's answers are of another length than was asked for"};
  }
  if (auto objection = objection_to_node(words[0]); !objection.empty()) {
    return objection;
  }
  NodeInput input;
  take_settings(input, {words[1], 0});
  input.count = Words{words[2], 0}.u64(0);
  return input;
}

auto scale_writes(std::uint16_t input, const NodeScale& before, const NodeScale& after)
    -> std::vector<NodeWrite> {
  const auto part = [](std::uint64_t value, unsigned word) {
    return static_cast<std::uint16_t>(value >> 16U * word);
  };
  NodeWrite write{.table = wire::Table::holding_register,
                  .first = static_cast<std::uint16_t>(input_base(input) + node_at::pulse_mantissa),
                  .words = {part(after.mantissa, 1), part(after.mantissa, 0),
                            static_cast<std::uint16_t>(after.exponent), after.unit}};
  if (after.start_index == before.start_index) {
    return {std::move(write)};
  }
  // In one request with the power of ten that it counts in: never one without the other.
  for (unsigned word = 4; word-- > 0;) {
    write.words.push_back(part(after.start_index, word));
  }
  return {NodeWrite{.table = wire::Table::holding_register,
                    .first = node_at::unlock,
                    .words = {node_at::unlock_key}},
          std::move(write)};
}

auto reset_cause_text(std::uint16_t cause) -> std::string {
  return cause < reset_causes.size() ? std::string{reset_causes.at(cause)}
                                     : "code " + std::to_string(cause);
}

/// Kinds are numbered by EventKind in firmware/node/event_log.hpp, where they are only added to.
auto to_text(const NodeEvent& event) -> std::string {
  const auto number = std::to_string(event.value);
  switch (event.kind) {
    case 1: return "started: " + reset_cause_text(event.source);
    case 2: return "the supply was low; counts were saved";
    case 3: return input_name(event.source) + ": storm: more edges than any meter gives";
    case 4: return input_name(event.source) + ": the storm is over";
    case 5: return input_name(event.source) + ": active for too long, stuck";
    case 6: return input_name(event.source) + ": not stuck any more";
    case 7: return input_name(event.source) + ": its start index was set";
    case 8: return input_name(event.source) + ": " + number + " edges lost, there was no room";
    case 9: return "the door was opened";
    case 10: return "the door was closed";
    case 11: return "mains were lost; counts were saved";
    case 12: return "mains are back";
    case 13: return "settings were changed, from holding register " + hex_word(event.value) + " on";
    case 14: return "address, bit rate or format are on trial";
    case 15: return "address, bit rate and format were confirmed";
    case 16: return "address, bit rate and format returned: nobody confirmed the new ones";
    case 17:
      return "found at the start: " + number + " damaged records of " + area_name(event.source);
    case 18: return "a write of " + area_name(event.source) + " into the store failed";
    case 19: return "a hard fault ended the boot before";
    default:
      return "event of kind " + std::to_string(event.kind) + ", source " +
             std::to_string(event.source) + ", value " + number;
  }
}

}  // namespace bornier::app
