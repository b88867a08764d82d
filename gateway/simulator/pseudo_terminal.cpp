// SPDX-License-Identifier: Apache-2.0
#include "simulator/pseudo_terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace bornier::simulator {
namespace {

constexpr int none = -1;

void close_if_open(int descriptor) {
  if (descriptor != none) {
    ::close(descriptor);
  }
}

auto make_raw(int descriptor) -> bool {
  termios settings{};
  if (::tcgetattr(descriptor, &settings) != 0) {
    return false;
  }
  ::cfmakeraw(&settings);
  return ::tcsetattr(descriptor, TCSANOW, &settings) == 0;
}

}  // namespace

auto PseudoTerminal::open(const std::string& link) -> wire::Result<PseudoTerminal, std::string> {
  const auto failed = [&link](const std::string& what) {
    return link + ": " + what + ": " + std::strerror(errno);
  };
  const int far_end = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  PseudoTerminal terminal{{}, far_end, none};
  std::array<char, 64> name{};
  if (far_end == none || ::grantpt(far_end) != 0 || ::unlockpt(far_end) != 0 ||
      ::ptsname_r(far_end, name.data(), name.size()) != 0) {
    return failed("no pseudo-terminal can be had");
  }
  terminal.near_end_ = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal.near_end_ == none || !make_raw(terminal.near_end_)) {
    return failed("the pseudo-terminal cannot be opened");
  }
  std::error_code failure;
  if (std::filesystem::is_symlink(link, failure)) {
    std::filesystem::remove(link, failure);
  }
  std::filesystem::create_symlink(name.data(), link, failure);
  if (failure) {
    return link + ": the link cannot be made: " + failure.message();
  }
  terminal.link_ = link;
  return terminal;
}

PseudoTerminal::PseudoTerminal(std::string link, int far_end, int near_end)
    : link_{std::move(link)}, far_end_{far_end}, near_end_{near_end} {}

PseudoTerminal::PseudoTerminal(PseudoTerminal&& other) noexcept
    : link_{std::exchange(other.link_, {})},
      far_end_{std::exchange(other.far_end_, none)},
      near_end_{std::exchange(other.near_end_, none)} {}

PseudoTerminal::~PseudoTerminal() {
  close_if_open(far_end_);
  close_if_open(near_end_);
  if (!link_.empty()) {
    std::error_code ignored;
    std::filesystem::remove(link_, ignored);
  }
}

auto PseudoTerminal::take_descriptor() -> int {
  return std::exchange(far_end_, none);
}

}  // namespace bornier::simulator
