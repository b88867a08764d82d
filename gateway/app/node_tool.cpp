// SPDX-License-Identifier: Apache-2.0
#include "app/node_tool.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "app/command_options.hpp"
#include "app/node_image.hpp"
#include "app/node_report.hpp"
#include "model/writing.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

using std::chrono::seconds;

auto complain(const NodeReport& report) -> int {
  std::cerr << report.told << "\n";
  return 1;
}

auto name_of_node(const NodeWay& way) -> std::string {
  return way.is_configured() ? way.meter().id
                             : "unit " + std::to_string(way.meter().unit_id.value());
}

/// Shows what is about to be done and asks, unless the answer was given.
auto is_wanted(const std::string& what, const std::string& before, const std::string& after,
               bool yes) -> bool {
  std::cerr << what << "\n  now  " << before << "\n  new  " << after << "\n";
  return yes || is_confirmed();
}

/// What was written is in the store: a power cut does not take it back.
void wait_until_kept(NodeWay& way) {
  // Settings are saved at once, and then not again for 5 s; counts that come meanwhile wait too.
  constexpr int most_looks = 16;
  NodeOrder save;
  save.writes.push_back({.table = wire::Table::coil, .first = node_at::save_now, .words = {1}});
  static_cast<void>(way.carry_out(std::move(save)));
  for (int look = 0; look < most_looks; ++look) {
    NodeOrder order;
    order.reads.push_back({wire::Table::coil, node_at::save_now, 1});
    const auto report = way.carry_out(std::move(order));
    if (report.end == NodeEnd::done && report.words.at(0).at(0) == 0) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
  std::cerr << "the node has not said yet that it has saved this; a power cut now could take it "
               "back\n";
}

void tell_where_it_is_recorded(const NodeWay& way) {
  if (!way.goes_through_gateway()) {
    std::cerr << "no gateway runs there, so this is recorded in the node's events only\n";
  }
}

auto look_at_input(NodeWay& way, std::uint16_t input) -> std::optional<NodeInput> {
  NodeOrder order;
  order.reads = input_reads(input);
  const auto report = way.carry_out(std::move(order));
  if (report.end != NodeEnd::done) {
    std::cerr << report.told << "; nothing was written\n";
    return std::nullopt;
  }
  auto found = input_of(report.words);
  if (!found) {
    std::cerr << found.error() << "; nothing was written\n";
    return std::nullopt;
  }
  return *found;
}

/// An input of a node that is reached, as it is now.
struct InputOfNode {
  std::unique_ptr<NodeWay> way;
  std::uint16_t number{};  ///< from 0
  NodeInput input;
  std::string name;  ///< for people
};

/// Nothing, and said, if it is not reached.
auto open_input(const NodeOptions& options) -> std::optional<InputOfNode> {
  InputOfNode found;
  found.way = NodeWay::open(options.node);
  if (!found.way) {
    return std::nullopt;
  }
  found.number = static_cast<std::uint16_t>(options.input - 1);
  const auto input = look_at_input(*found.way, found.number);
  if (!input) {
    return std::nullopt;
  }
  found.input = *input;
  found.name = name_of_node(*found.way) + ", input " + std::to_string(options.input);
  return found;
}

/// Of what is wanted; the reason was printed where it is not what the node shows then.
auto write_scale(NodeWay& way, std::uint16_t input, const NodeScale& before, const NodeScale& after)
    -> std::optional<NodeImage> {
  NodeOrder order;
  order.writes = scale_writes(input, before, after);
  order.reads = image_reads();
  const auto report = way.carry_out(std::move(order));
  if (report.end != NodeEnd::done) {
    complain(report);
    return std::nullopt;
  }
  auto image = image_of(report.words);
  if (!image) {
    std::cerr << image.error() << "\n";
    return std::nullopt;
  }
  if (image->inputs.at(input).scale != after) {
    std::cerr << "the node does not show it: "
              << (report.told.empty() ? "another program may have written at the same time"
                                      : report.told)
              << "\n";
    return std::nullopt;
  }
  return std::move(*image);
}

constexpr std::uint8_t kind_index_set = 7;  // firmware/node/event_log.hpp

void print_index_event(const NodeImage& image, std::uint16_t input) {
  const auto found = std::find_if(
      image.events.rbegin(), image.events.rend(),
      [input](const auto& event) { return event.kind == kind_index_set && event.source == input; });
  if (found != image.events.rend()) {
    std::cout << "event " << found->number << " of the node: " << to_text(*found) << "\n";
  }
}

/// Where the node shall answer.
auto new_line_of(const NodeOptions& options, const NodeWay& way) -> NodeLine {
  NodeLine line{.unit = static_cast<std::uint8_t>(std::stoi(options.value)),
                .serial = way.bus().serial};
  if (options.new_baud != 0) {
    line.serial.baud = static_cast<std::uint32_t>(options.new_baud);
  }
  if (const auto format = model::parse_character_format(options.new_format)) {
    line.serial.parity = parity_of(format->parity == model::Parity::none
                                       ? "none"
                                       : (format->parity == model::Parity::odd ? "odd" : "even"));
    line.serial.stop_bits = static_cast<std::uint8_t>(format->stop_bits);
  }
  return line;
}

auto line_of_words(const std::vector<std::uint16_t>& words) -> std::string {
  constexpr std::array<std::string_view, 4> formats{"8E1", "8O1", "8N2", "8N1"};
  return "unit " + std::to_string(words.at(0)) + ", " + std::to_string(100 * words.at(1)) +
         " baud " + std::string{formats.at(std::min<std::size_t>(words.at(2), 3))};
}

void tell_what_to_configure(const NodeLine& line, const NodeWay& way) {
  std::cerr << "in the gateway's configuration: unit_id = " << int{line.unit};
  if (way.bus().transport == Transport::rtu && line.serial != way.bus().serial) {
    constexpr std::array<std::string_view, 3> parities{"none", "even", "odd"};
    std::cerr << "; of its bus: baud = " << line.serial.baud << ", parity = \""
              << parities.at(static_cast<std::size_t>(line.serial.parity))
              << "\", stop_bits = " << int{line.serial.stop_bits}
              << " (all meters of the bus need the same)";
  }
  std::cerr << "; then reload the gateway\n";
}

/// After a trial that nobody ended.
auto wait_for_return(NodeWay& way, const std::vector<std::uint16_t>& identity) -> int {
  std::cerr << "until it is confirmed a node takes back new settings after "
            << node_at::trial_seconds << " s, and at a power cut; waiting\n";
  std::this_thread::sleep_for(seconds{node_at::trial_seconds + 1});
  const auto name = name_of_node(way);
  for (int look = 0; look < 3; ++look) {
    NodeOrder order;
    order.reads = identity_reads();
    const auto report = way.carry_out(std::move(order));
    if (report.end == NodeEnd::done &&
        std::equal(identity.begin() + node_at::serial, identity.begin() + node_at::serial + 4,
                   report.words.at(0).begin() + node_at::serial)) {
      std::cerr << name << " answers as before; nothing was changed\n";
      return 1;
    }
    std::this_thread::sleep_for(seconds{2});
  }
  std::cerr << name
            << " does not answer as before either: check its supply and the wiring, then ask "
               "it under both addresses (bornier node info)\n";
  return 1;
}

}  // namespace

auto show_node(const NodeOptions& options) -> int {
  const auto way = NodeWay::open(options.node);
  if (!way) {
    return 1;
  }
  NodeOrder order;
  order.reads = image_reads();
  const auto report = way->carry_out(std::move(order));
  if (report.end != NodeEnd::done) {
    return complain(report);
  }
  const auto image = image_of(report.words);
  if (!image) {
    std::cerr << image.error() << "\n";
    return 1;
  }
  if (options.configuration) {
    const auto now = reading::to_text(std::chrono::floor<seconds>(way->clock().now().stamp));
    std::cout << node_configuration(*image, way->meter(), way->bus().name, now);
    return 0;
  }
  std::cout << node_text(*image, options.format);
  return 0;
}

auto set_pulse_value(const NodeOptions& options) -> int {
  const auto wanted = parse_pulse_value(options.value);
  if (!wanted) {
    std::cerr << wanted.error() << "\n";
    return 1;
  }
  const auto place = open_input(options);
  if (!place) {
    return 1;
  }
  const auto& [way, number, input, name] = *place;
  const auto scale = with_pulse_value(input.scale, *wanted);
  if (!scale) {
    std::cerr << scale.error() << "\n";
    return 1;
  }
  const auto before = pulse_value_text(input.scale);
  const auto after = pulse_value_text(*scale);
  const auto index_before = index_text(input.scale, input.count);
  const auto index_after = index_text(*scale, input.count);
  if (index_before != index_after) {
    std::cerr << name << ": with that its index changes from "
              << (index_before.empty() ? "none" : index_before) << " to " << index_after << "\n";
  }
  if (!is_wanted(name + ": worth of a pulse", before, after, options.yes)) {
    return 1;
  }
  const auto image = write_scale(*way, number, input.scale, *scale);
  if (!image) {
    return 1;
  }
  wait_until_kept(*way);
  const auto count = image->inputs.at(number).count;
  std::cout << name << ": pulse value " << before << " -> " << after << ", confirmed\n";
  std::cerr << "its index is " << index_text(*scale, count) << " by this, with " << count
            << " pulses counted; if the meter shows another: bornier node set-index\n";
  tell_where_it_is_recorded(*way);
  return 0;
}

auto set_index(const NodeOptions& options) -> int {
  const auto wanted = parse_measure(options.value);
  if (!wanted) {
    std::cerr << wanted.error() << "\n";
    return 1;
  }
  const auto place = open_input(options);
  if (!place) {
    return 1;
  }
  const auto& [way, number, input, name] = *place;
  const auto scale = with_index(input.scale, *wanted, input.count);
  if (!scale) {
    std::cerr << scale.error() << "; nothing was written\n";
    return 1;
  }
  const auto before = index_text(input.scale, input.count);
  const auto after = index_text(*scale, input.count);
  if (*scale == input.scale) {
    std::cout << name << ": the index is " << after << " already\n";
    return 0;
  }
  const auto at_count = " at count " + std::to_string(input.count);
  if (!is_wanted(name + ": index" + at_count, before, after, options.yes)) {
    return 1;
  }
  const auto image = write_scale(*way, number, input.scale, *scale);
  if (!image) {
    return 1;
  }
  wait_until_kept(*way);
  std::cout << name << ": index " << before << " -> " << after << at_count << ", confirmed\n";
  print_index_event(*image, number);
  tell_where_it_is_recorded(*way);
  return 0;
}

auto set_node_address(const NodeOptions& options) -> int {
  const auto way = NodeWay::open(options.node);
  if (!way) {
    return 1;
  }
  const auto to = new_line_of(options, *way);
  if (const auto other = way->neighbour_with(to.unit); !other.empty() && !options.force) {
    std::cerr << "meter \"" << other << "\" of the same bus has this unit id\n";
    return 1;
  }
  NodeOrder look;
  look.reads = identity_reads();
  look.reads.push_back({wire::Table::holding_register, node_at::unit_id, 3});
  const auto seen = way->carry_out(std::move(look));
  if (seen.end != NodeEnd::done) {
    std::cerr << seen.told << "; nothing was written\n";
    return 1;
  }
  const auto& identity = seen.words.at(0);
  if (const auto objection = objection_to_node(identity); !objection.empty()) {
    std::cerr << objection << "; nothing was written\n";
    return 1;
  }
  NodeOrder order;
  order.move = to;
  if (way->bus().transport != Transport::rtu) {
    // What stands before the node has its own settings of the line: the node keeps what it has.
    const auto kept = node_line_of(seen.words.at(1));
    order.move->serial = kept.serial;
  }
  const auto before = line_of_words(seen.words.at(1));
  const auto words = line_words(*order.move);
  if (!words) {
    std::cerr << "a node has 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200 baud, and 8E1, "
                 "8O1, 8N1 or 8N2\n";
    return 1;
  }
  const auto after = line_of_words(*words);
  if (*words == seen.words.at(1)) {
    std::cout << name_of_node(*way) << ": it is " << after << " already\n";
    return 0;
  }
  if (!is_wanted(name_of_node(*way) + ": address and line", before, after, options.yes)) {
    return 1;
  }
  order.force = options.force;
  const auto report = way->carry_out(std::move(order));
  if (report.end != NodeEnd::done) {
    complain(report);
    return report.end == NodeEnd::reverting || report.end == NodeEnd::unanswered
               ? wait_for_return(*way, identity)
               : 1;
  }
  std::cout << name_of_node(*way) << ": " << before << " -> " << after << ", confirmed\n";
  std::cerr << report.told << "\n";
  tell_what_to_configure(to, *way);
  tell_where_it_is_recorded(*way);
  return 0;
}

}  // namespace bornier::app
