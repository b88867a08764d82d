// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "io/testing.hpp"

namespace bornier::io::testing {

/// A TCP port of the loopback that was free a moment ago.
[[nodiscard]] auto free_port() -> std::uint16_t;

/// A real mosquitto on a free port of the loopback. Killed at the end.
class Mosquitto {
 public:
  /// `configuration` are lines added to its file, without listener; "user root" is there already.
  explicit Mosquitto(std::string configuration = "allow_anonymous true\n");
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  auto operator=(const Mosquitto&) -> Mosquitto& = delete;

  [[nodiscard]] auto port() const -> std::uint16_t { return port_; }
  /// What it has logged since the beginning, each packet on a line.
  [[nodiscard]] auto log() const -> std::string;
  /// kill -9.
  void kill();
  /// On the same port; returns once it accepts connections.
  void start();

 private:
  TemporaryFolder folder_;
  std::string configuration_;
  std::uint16_t port_;
  ::pid_t process_ = -1;
};

}  // namespace bornier::io::testing
