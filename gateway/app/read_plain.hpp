// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>

#include "app/meter_place.hpp"
#include "app/output.hpp"
#include "model/model.hpp"

namespace bornier::app {

/// Registers, or coils, of a meter without a model.
struct PlainRead {
  wire::Table table{};
  std::uint16_t first{};
  std::uint32_t count{1};                   ///< at most up to address 65535
  std::optional<model::Encoding> encoding;  ///< nothing: each register in several ways
  bool try_orders{};                        ///< with an encoding
};

/// How a command shows what it reads.
struct Showing {
  Format format{};
  bool raw{};                                      ///< frames are explained on stderr
  std::optional<std::chrono::milliseconds> every;  ///< read again that often, until interrupted
};

/// Prints what the unit answers; false after the reason why it does not was printed.
[[nodiscard]] auto read_plain(BusSettings bus, wire::UnitId unit, PlainRead wanted, Showing showing,
                              const io::Clock& clock) -> boost::asio::awaitable<bool>;

/// Before what is read again is printed again: at a terminal, a table stands where the last one
/// stood.
void begin_again(Format format);

}  // namespace bornier::app
