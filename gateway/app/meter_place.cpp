// SPDX-License-Identifier: Apache-2.0
#include "app/meter_place.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <set>
#include <vector>

#include "app/make_line.hpp"
#include "app/tapped_line.hpp"
#include "io/serial_device.hpp"
#include "modbus/explain.hpp"
#include "wire/rtu_frame.hpp"
#include "wire/tcp_frame.hpp"

namespace bornier::app {
namespace {

/// HOST:PORT, HOST, or [IPV6]:PORT.
auto parse_endpoint(std::string_view text, BusSettings& bus) -> bool {
  const auto colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  auto host = text.substr(0, has_port ? colon : text.size());
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  bus.host = std::string{host};
  if (!has_port) {
    return !host.empty();
  }
  const auto port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), bus.port);
  return !host.empty() && error == std::errc{} && end == port.data() + port.size() && bus.port != 0;
}

/// Explains what goes over a line, each frame as soon as it is whole.
class FramePrinter {
 public:
  explicit FramePrinter(modbus::Framing framing) : framing_{framing} {}
  ~FramePrinter() { rest(); }
  FramePrinter(const FramePrinter&) = delete;
  auto operator=(const FramePrinter&) -> FramePrinter& = delete;

  void written(std::span<const std::byte> bytes) {
    rest();
    request_.assign(bytes.begin(), bytes.end());
    print("request", modbus::explain_request(framing_, request_));
  }
  void arrived(std::span<const std::byte> bytes) {
    answer_.insert(answer_.end(), bytes.begin(), bytes.end());
    for (;;) {
      const auto length = framing_ == modbus::Framing::tcp ? wire::tcp_length(answer_)
                                                           : wire::rtu_response_length(answer_);
      if (answer_.empty() || !length || *length > answer_.size()) {
        return;
      }
      const auto end = answer_.begin() + static_cast<std::ptrdiff_t>(*length);
      print("answer", modbus::explain_answer(framing_, request_, {answer_.begin(), end}));
      answer_.erase(answer_.begin(), end);
    }
  }

 private:
  /// What is no whole frame.
  void rest() {
    if (!answer_.empty()) {
      print("answer", modbus::explain_answer(framing_, request_, answer_));
      answer_.clear();
    }
  }
  static void print(std::string_view title, const std::vector<modbus::ExplainedField>& fields) {
    std::cerr << title << "\n";
    for (const auto& field : fields) {
      constexpr std::size_t width = 8;
      const auto padding = field.bytes.size() < width ? width - field.bytes.size() : 0;
      std::cerr << "  " << field.bytes << std::string(padding, ' ') << "  " << field.meaning
                << "\n";
    }
  }

  modbus::Framing framing_;
  std::vector<std::byte> request_;
  std::vector<std::byte> answer_;
};

}  // namespace

auto parity_of(std::string_view name) -> modbus::Parity {
  if (name == "none") {
    return modbus::Parity::none;
  }
  return name == "odd" ? modbus::Parity::odd : modbus::Parity::even;
}

void add_place_options(CLI::App& command, MeterPlace& place, CLI::Option* file) {
  auto* tcp = command.add_option("--tcp", place.tcp, "Without a configuration: where the meter is")
                  ->type_name("HOST:PORT");
  auto* converter = command
                        .add_option("--rtu-over-tcp", place.rtu_over_tcp,
                                    "The same, behind a converter that only passes bytes")
                        ->type_name("HOST:PORT")
                        ->excludes(tcp);
  auto* rtu = command.add_option("--rtu", place.rtu, "The same, on a serial line")
                  ->type_name("DEVICE")
                  ->excludes(tcp)
                  ->excludes(converter);
  std::set<int> bauds;
  for (const auto baud : io::known_bauds()) {
    bauds.insert(static_cast<int>(baud));
  }
  auto* baud = command.add_option("--baud", place.baud, "Of the line")
                   ->check(CLI::IsMember(bauds))
                   ->needs(rtu);
  auto* parity = command.add_option("--parity", place.parity, "none, even or odd")
                     ->check(CLI::IsMember({"none", "even", "odd"}))
                     ->needs(rtu);
  command.add_option("--stop-bits", place.stop_bits, "1 (default) or 2")
      ->check(CLI::Range(1, 2))
      ->needs(rtu);
  rtu->needs(baud)->needs(parity);
  auto* unit = command.add_option("--unit-id", place.unit_id, "Its Modbus address (default 1)")
                   ->check(CLI::Range(0, 255));
  for (auto* option : {tcp, converter, rtu, unit}) {
    option->excludes(file);
  }
}

void check_place(const MeterPlace& place) {
  if (place.tcp.empty() && !modbus::is_on_serial_lines(place.unit_id)) {
    throw CLI::ValidationError("--unit-id", std::to_string(place.unit_id) +
                                                " is no meter's on a serial line, 1 to 247 are");
  }
}

auto bus_of(const MeterPlace& place) -> std::optional<BusSettings> {
  BusSettings bus;
  bus.name = "bus";
  if (!place.rtu.empty()) {
    bus.transport = Transport::rtu;
    bus.device = place.rtu;
    bus.serial = {.baud = static_cast<std::uint32_t>(place.baud),
                  .parity = parity_of(place.parity),
                  .stop_bits = static_cast<std::uint8_t>(place.stop_bits)};
    return bus;
  }
  const bool converter = !place.rtu_over_tcp.empty();
  const auto& endpoint = converter ? place.rtu_over_tcp : place.tcp;
  bus.transport = converter ? Transport::rtu_over_tcp : Transport::tcp;
  if (!parse_endpoint(endpoint, bus)) {
    std::cerr << (converter ? "--rtu-over-tcp " : "--tcp ") << endpoint << " is not HOST:PORT\n";
    return std::nullopt;
  }
  return bus;
}

auto make_line(const boost::asio::any_io_executor& executor, const io::Clock& clock,
               const BusSettings& bus, bool raw) -> std::unique_ptr<io::Line> {
  auto line = make_line(executor, clock, bus);
  if (!raw) {
    return line;
  }
  const auto framing =
      bus.transport == Transport::tcp ? modbus::Framing::tcp : modbus::Framing::rtu;
  const auto printer = std::make_shared<FramePrinter>(framing);
  return std::make_unique<TappedLine>(
      std::move(line), [printer](auto bytes) { printer->written(bytes); },
      [printer](auto bytes) { printer->arrived(bytes); });
}

}  // namespace bornier::app
