// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/configuration.hpp"
#include "app/meter_plan.hpp"
#include "app/wakeup.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"
#include "modbus/exchange.hpp"
#include "modbus/schedule.hpp"
#include "model/decode.hpp"

namespace bornier::app {

/// What a bus did since the start.
struct BusFigures {
  std::uint64_t requests{};
  std::uint64_t answers{};
  std::uint64_t exceptions{};
  std::uint64_t timeouts{};
  std::uint64_t damaged{};  ///< answers with a wrong checksum, or cut short
  std::uint64_t foreign{};  ///< frames that answer something else: late, or of another unit
  std::uint64_t connections{};
  std::string last_error;  ///< of the connection; empty once it has brought an answer
};

/// What came of one request.
struct Gathered {
  const Request* request{};
  std::vector<std::uint16_t> words;  ///< empty if the meter refused
  std::uint8_t exception_code{};     ///< then: of its refusal
  reading::Now at;                   ///< when the last byte of the answer arrived
};

/// Asks meters over one line the way their models want to be asked: with pauses, repetitions and a
/// wake-up where one is needed. The one owner of the line.
class MeterReader {
 public:
  /// `clock` is borrowed.
  MeterReader(const boost::asio::any_io_executor& executor, BusSettings settings,
              std::unique_ptr<io::Line> line, const io::Clock& clock);

  /// False if there is no connection; `figures().last_error` says why.
  [[nodiscard]] auto connect() -> boost::asio::awaitable<bool>;

  /// Asks the requests in order until the meter is silent or the line is lost; a connection that
  /// was closed while idle is opened again once. `once`: no request is repeated. `gathered` gets
  /// what came. `requests` must outlive it.
  [[nodiscard]] auto read(const MeterSettings& meter, const std::vector<Request>& requests,
                          bool once, std::vector<Gathered>& gathered)
      -> boost::asio::awaitable<modbus::Outcome>;

  [[nodiscard]] auto line() const noexcept -> const io::Line& { return *line_; }
  [[nodiscard]] auto settings() const noexcept -> const BusSettings& { return settings_; }
  [[nodiscard]] auto figures() const noexcept -> const BusFigures& { return figures_; }

 private:
  enum class Attempt : std::uint8_t { answered, refused, silent, line_lost };

  [[nodiscard]] auto ask(const MeterSettings& meter, const Request& request, unsigned attempts,
                         Gathered& gathered) -> boost::asio::awaitable<Attempt>;
  [[nodiscard]] auto judge(const boost::system::error_code& error, Gathered& gathered) -> Attempt;
  [[nodiscard]] auto attempts_for(const MeterSettings& meter, bool once) const -> unsigned;

  BusSettings settings_;
  std::unique_ptr<io::Line> line_;
  const io::Clock& clock_;
  Wakeup pause_;
  std::map<const MeterSettings*, reading::Instant> heard_;  ///< when it last answered
  reading::Instant quiet_since_;
  std::uint16_t transaction_{};
  BusFigures figures_;
};

/// What the answers say about the points that were asked for, request by request.
[[nodiscard]] auto decode(const MeterSettings& meter, const std::vector<Gathered>& gathered)
    -> std::vector<std::vector<model::Decoded>>;

}  // namespace bornier::app
