// SPDX-License-Identifier: Apache-2.0
#include "simulator/pseudo_terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
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

/// Where the link leads, be there anything or not; nothing if it is no link.
auto target_of(const std::string& link) -> std::optional<std::string> {
  std::error_code failure;
  const auto target = std::filesystem::read_symlink(link, failure);
  return failure ? std::nullopt : std::optional{target.string()};
}

auto is_pseudo_terminal(std::string_view device) -> bool {
  constexpr std::string_view folder = "/dev/pts/";
  return device.starts_with(folder) && device.size() > folder.size() &&
         std::ranges::all_of(device.substr(folder.size()),
                             [](char each) { return each >= '0' && each <= '9'; });
}

/// Why no link may be made there; empty if one may.
auto objection(const std::string& link) -> std::string {
  constexpr auto remedy = "; remove it, or give the line another name";
  if (const auto target = target_of(link)) {
    return is_pseudo_terminal(*target) ? ""
                                       : link + ": a link to " + *target +
                                             " stands there, not to a pseudo-terminal" + remedy;
  }
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(link, ignored))
             ? link + ": something stands there that is no link to a pseudo-terminal" + remedy
             : "";
}

}  // namespace

auto PseudoTerminal::open(const std::string& link) -> wire::Result<PseudoTerminal, std::string> {
  const auto failed = [&link](const std::string& what) {
    return link + ": " + what + ": " + std::strerror(errno);
  };
  if (auto refused = objection(link); !refused.empty()) {
    return refused;
  }
  const int far_end = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  PseudoTerminal terminal{far_end, none};
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
  if (target_of(link)) {
    std::filesystem::remove(link, failure);
  }
  if (!failure) {
    std::filesystem::create_symlink(name.data(), link, failure);
  }
  if (failure) {
    return link + ": the link cannot be made: " + failure.message();
  }
  terminal.link_ = link;
  terminal.device_ = name.data();
  return terminal;
}

PseudoTerminal::PseudoTerminal(int far_end, int near_end)
    : far_end_{far_end}, near_end_{near_end} {}

PseudoTerminal::PseudoTerminal(PseudoTerminal&& other) noexcept
    : link_{std::exchange(other.link_, {})},
      device_{std::exchange(other.device_, {})},
      far_end_{std::exchange(other.far_end_, none)},
      near_end_{std::exchange(other.near_end_, none)} {}

PseudoTerminal::~PseudoTerminal() {
  // Before the ends are closed: then the number of the terminal may be somebody else's.
  if (!link_.empty() && target_of(link_) == device_) {
    std::error_code ignored;
    std::filesystem::remove(link_, ignored);
  }
  close_if_open(far_end_);
  close_if_open(near_end_);
}

auto PseudoTerminal::take_descriptor() -> int {
  return std::exchange(far_end_, none);
}

}  // namespace bornier::simulator
