// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <utility>

namespace bornier::io {

/// `errno`.
[[nodiscard]] inline auto last_error() -> boost::system::error_code {
  return {errno, boost::system::system_category()};
}

/// A file descriptor, also none (below 0); closed at the end unless released.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}
  ~Descriptor() {
    if (value_ >= 0) {
      ::close(value_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  auto operator=(const Descriptor&) -> Descriptor& = delete;

  [[nodiscard]] auto value() const -> int { return value_; }
  [[nodiscard]] auto release() -> int { return std::exchange(value_, -1); }

 private:
  int value_;
};

}  // namespace bornier::io
