// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/clock.hpp"
#include "simulator/description.hpp"
#include "wire/result.hpp"

namespace bornier::simulator {

/// Simulated meters on real sockets, and at real brokers. One thread.
class Simulator {
 public:
  /// `clock` must outlive the simulator, also the handlers of `executor`. The simulator ends before
  /// the io_context does.
  Simulator(boost::asio::any_io_executor executor, const io::Clock& clock);
  ~Simulator();

  /// Binds all endpoints, opens the logs and begins to serve and to publish. The error is a
  /// sentence.
  [[nodiscard]] auto start(Description description) -> wire::Result<void, std::string>;
  /// Of the endpoints, in the order of the description.
  [[nodiscard]] auto ports() const -> std::vector<std::uint16_t>;

  /// "dead NAME", "alive NAME". The error is a sentence.
  [[nodiscard]] auto command(std::string_view line) -> wire::Result<void, std::string>;

  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What `bornier simulate` does: starts, prints "listening on HOST:PORT: NAME NAME …" per endpoint
/// and "publishing to URL: NAME NAME …" per broker to `out`, then obeys the lines of standard input
/// until it is cancelled. Returns early only with an error. All is borrowed.
[[nodiscard]] auto run(Simulator& simulator, Description description, std::ostream& out)
    -> boost::asio::awaitable<wire::Result<void, std::string>>;

}  // namespace bornier::simulator
