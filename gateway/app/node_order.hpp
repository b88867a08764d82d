// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modbus/serial_format.hpp"
#include "model/writing.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

/// What `bornier node` asks of a node: by itself, or of the gateway that has the line, as it goes
/// over the local socket.
namespace bornier::app {

struct NodeRead {
  wire::Table table{};
  std::uint16_t first{};
  std::uint16_t count{};

  friend auto operator==(const NodeRead&, const NodeRead&) noexcept -> bool = default;
};

/// Holding registers, or one coil.
struct NodeWrite {
  wire::Table table{wire::Table::holding_register};
  std::uint16_t first{};
  std::vector<std::uint16_t> words;

  friend auto operator==(const NodeWrite&, const NodeWrite&) -> bool = default;
};

/// Where a node is asked from then on.
struct NodeLine {
  std::uint8_t unit{1};
  modbus::SerialFormat serial;

  friend auto operator==(const NodeLine&, const NodeLine&) noexcept -> bool = default;
};

/// A move, or else first the writes and then the reads, with nobody else's requests in between.
struct NodeOrder {
  std::string meter;
  std::vector<NodeWrite> writes;
  std::vector<NodeRead> reads;
  std::optional<NodeLine> move;
  bool force{};  ///< move there even if somebody answers there

  friend auto operator==(const NodeOrder&, const NodeOrder&) -> bool = default;
};

enum class NodeEnd : std::uint8_t {
  done,        ///< all reads were answered, or it is where it was to move
  impossible,  ///< nothing was sent that changes anything
  refused,     ///< a request, with an exception; nothing after it was sent
  unanswered,  ///< what became of the writes is not known
  reverting,   ///< it may be at its new place until the trial is over, and is at its old one then
};

struct NodeReport {
  NodeEnd end = NodeEnd::impossible;
  std::vector<std::vector<std::uint16_t>> words;  ///< with `done`, by read; a bit as 0 or 1
  std::string told;                               ///< why it is not done, for people
};

/// As the node's registers have them: bit rate in hundreds, and the code of the format. Nothing
/// where the node cannot.
[[nodiscard]] auto line_words(const NodeLine& line) -> std::optional<std::vector<std::uint16_t>>;
/// The inverse, of three words; what is no code of a format is 8E1.
[[nodiscard]] auto node_line_of(const std::vector<std::uint16_t>& words) -> NodeLine;

/// {"command":"node","meter":…}: one line.
[[nodiscard]] auto to_json(const NodeOrder& order) -> std::string;
/// Nothing is believed: what is not as above, or longer than a node has registers, is an objection.
[[nodiscard]] auto parse_node_order(const boost::json::object& object)
    -> wire::Result<NodeOrder, model::Objection>;

[[nodiscard]] auto to_object(const NodeReport& report) -> boost::json::object;
/// A gateway that answers otherwise is one of another version: `impossible`.
[[nodiscard]] auto parse_node_report(const boost::json::object& object) -> NodeReport;

}  // namespace bornier::app
