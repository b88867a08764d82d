// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "buffer/fault.hpp"

namespace bornier::buffer {

/// Two daemons on one state directory would draw the same sequence numbers. The lock (flock on
/// buffer.lock) ends with the process, however it ends.
class DirectoryLock {
 public:
  /// Makes the directory if need be.
  [[nodiscard]] static auto take(const std::filesystem::path& directory) -> Result<DirectoryLock>;

  DirectoryLock(DirectoryLock&& other) noexcept : file_{std::exchange(other.file_, -1)} {}
  auto operator=(DirectoryLock&& other) noexcept -> DirectoryLock& {
    std::swap(file_, other.file_);
    return *this;
  }
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) noexcept : file_{file} {}
  int file_ = -1;
};

}  // namespace bornier::buffer
