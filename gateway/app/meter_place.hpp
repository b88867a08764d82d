// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/configuration.hpp"
#include "io/clock.hpp"
#include "io/line.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// Where a meter is that stands in no configuration, as the command line says it.
namespace bornier::app {

struct MeterPlace {
  std::string tcp;
  std::string rtu;
  std::string rtu_over_tcp;
  int baud = 0;
  std::string parity;
  int stop_bits = 1;
  int unit_id = 1;

  [[nodiscard]] auto is_given() const -> bool {
    return !tcp.empty() || !rtu.empty() || !rtu_over_tcp.empty();
  }
};

/// --tcp, --rtu-over-tcp, --rtu and what belongs to them; all of them exclude `file`.
void add_place_options(CLI::App& command, MeterPlace& place, CLI::Option* file);

/// "none", "even" or "odd".
[[nodiscard]] auto parity_of(std::string_view name) -> modbus::Parity;

/// Throws CLI::ValidationError for a unit id that no serial line has.
void check_place(const MeterPlace& place);

/// Nothing after the reason was printed.
[[nodiscard]] auto bus_of(const MeterPlace& place) -> std::optional<BusSettings>;

/// The line of the bus, not yet connected; with `raw` each frame is explained on stderr. `clock`
/// must outlive it.
[[nodiscard]] auto make_line(const boost::asio::any_io_executor& executor, const io::Clock& clock,
                             const BusSettings& bus, bool raw) -> std::unique_ptr<io::Line>;

}  // namespace bornier::app
