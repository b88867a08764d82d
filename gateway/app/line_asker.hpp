// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "app/configuration.hpp"
#include "app/owed_answers.hpp"
#include "app/wakeup.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"
#include "modbus/exchange.hpp"
#include "modbus/sweep.hpp"
#include "wire/pdu.hpp"

namespace bornier::app {

/// What came of one question to whoever has the unit id.
struct Reply {
  std::optional<modbus::Answer> answer;
  modbus::Fault fault{};  ///< where there is no answer
  modbus::Discarded discarded;
  reading::Instant::duration took{};

  [[nodiscard]] auto is_refusal() const -> bool;
  [[nodiscard]] auto heard() const -> modbus::Heard;
};

/// Asks units that nothing is known about, under one serial format after the other. The one owner
/// of its line.
class LineAsker {
 public:
  using MakeLine = std::function<std::unique_ptr<io::Line>(const BusSettings&)>;

  /// `clock` is borrowed. `bus` says where; its serial format is the first one used. `make` makes
  /// the line, and another one for each other format.
  LineAsker(const boost::asio::any_io_executor& executor, const io::Clock& clock, BusSettings bus,
            MakeLine make);

  /// Opens the line, under another format than before if it is another.
  [[nodiscard]] auto open(modbus::SerialFormat format)
      -> boost::asio::awaitable<wire::Result<void>>;

  /// One request, once. With RTU frames an answer that the unit owes for another read is waited for
  /// first. A connection that was lost is made anew, once; the error is that of the line.
  [[nodiscard]] auto ask(wire::UnitId unit, wire::Request request,
                         reading::Instant::duration patience, reading::Instant::duration pause = {})
      -> boost::asio::awaitable<wire::Result<Reply>>;

  [[nodiscard]] auto bus() const noexcept -> const BusSettings& { return bus_; }
  [[nodiscard]] auto line() const noexcept -> const io::Line& { return *line_; }

 private:
  [[nodiscard]] auto framing() const noexcept -> modbus::Framing {
    return bus_.transport == Transport::tcp ? modbus::Framing::tcp : modbus::Framing::rtu;
  }
  [[nodiscard]] auto hear_out(wire::UnitId unit, const wire::Read& read)
      -> boost::asio::awaitable<wire::Result<void>>;
  [[nodiscard]] auto exchange(wire::UnitId unit, const wire::Pdu& pdu,
                              reading::Instant::duration patience)
      -> boost::asio::awaitable<wire::Result<Reply>>;

  const io::Clock& clock_;
  BusSettings bus_;
  MakeLine make_;
  std::unique_ptr<io::Line> line_;
  Wakeup pause_;
  OwedAnswers owed_;
  reading::Instant quiet_since_;
  std::uint16_t transaction_{};
};

}  // namespace bornier::app
