// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/meter_reader.hpp"
#include "app/meter_writer.hpp"
#include "app/node_order.hpp"
#include "app/wakeup.hpp"

namespace bornier::app {

/// Carries out what `bornier node` orders, on the line of a reader.
class NodeHandler {
 public:
  /// `reader` and `clock` are borrowed; `meter` says which unit it is, and how its model wants to
  /// be asked. `make_line` makes another line where the node moves to another bit rate or format;
  /// the reader's is closed before, and may be closed afterwards.
  NodeHandler(const boost::asio::any_io_executor& executor, MeterReader& reader,
              const io::Clock& clock, MeterSettings meter, MeterWriter::LineMaker make_line,
              MeterReader::Effort effort = MeterReader::Effort::full);

  /// A write is sent once. One without an answer does not end the order: what is read after it
  /// tells whether it was taken.
  [[nodiscard]] auto carry_out(NodeOrder order) -> boost::asio::awaitable<NodeReport>;

 private:
  struct Answer {
    modbus::Outcome outcome{};
    std::uint8_t exception_code{};
    std::vector<std::uint16_t> words;
  };

  [[nodiscard]] auto here() const -> NodeLine;
  [[nodiscard]] auto is_serial() const -> bool;
  [[nodiscard]] auto describe(const NodeLine& line) const -> std::string;
  /// The reader that asks with these settings.
  [[nodiscard]] auto reader_for(const NodeLine& line) -> MeterReader&;
  [[nodiscard]] auto read(NodeLine line, NodeRead read, MeterReader::Effort effort)
      -> boost::asio::awaitable<Answer>;
  [[nodiscard]] auto write(NodeLine line, NodeWrite write) -> boost::asio::awaitable<Answer>;
  [[nodiscard]] auto write_and_read(NodeOrder order) -> boost::asio::awaitable<NodeReport>;
  [[nodiscard]] auto move(NodeLine to, bool force) -> boost::asio::awaitable<NodeReport>;
  [[nodiscard]] auto is_taken(NodeLine line) -> boost::asio::awaitable<bool>;
  /// The node of this serial number, and no other, answers there.
  [[nodiscard]] auto find(NodeLine line, std::vector<std::uint16_t> serial)
      -> boost::asio::awaitable<std::string>;
  [[nodiscard]] auto confirm(NodeLine line) -> boost::asio::awaitable<bool>;
  /// A power cut does not take it back.
  [[nodiscard]] auto is_kept(NodeLine line) -> boost::asio::awaitable<bool>;

  boost::asio::any_io_executor executor_;
  MeterReader& reader_;
  const io::Clock& clock_;
  MeterSettings meter_;
  MeterWriter::LineMaker make_line_;
  MeterReader::Effort effort_;
  std::unique_ptr<MeterReader> elsewhere_;
  Wakeup pause_;
};

}  // namespace bornier::app
