// SPDX-License-Identifier: Apache-2.0
#include "app/make_line.hpp"

#include "io/serial_line.hpp"
#include "io/tcp_line.hpp"

namespace bornier::app {

auto make_line(const boost::asio::any_io_executor& executor, const io::Clock& clock,
               const BusSettings& bus) -> std::unique_ptr<io::Line> {
  if (bus.transport == Transport::rtu) {
    return std::make_unique<io::SerialLine>(
        executor, clock,
        io::SerialSettings{.device = bus.device, .format = bus.serial, .rs485 = bus.rs485});
  }
  io::TcpSettings tcp;
  tcp.host = bus.host;
  tcp.port = bus.port;
  return std::make_unique<io::TcpLine>(executor, clock, std::move(tcp));
}

}  // namespace bornier::app
