// SPDX-License-Identifier: Apache-2.0
#include "buffer/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace bornier::buffer {

auto DirectoryLock::take(const std::filesystem::path& directory) -> Result<DirectoryLock> {
  std::error_code error;
  const bool made = std::filesystem::create_directories(directory, error);
  if (made) {
    using Perms = std::filesystem::perms;
    std::filesystem::permissions(directory,
                                 Perms::owner_all | Perms::group_read | Perms::group_exec, error);
  }
  if (error) {
    return Failure{Fault::directory_unusable, directory.string() + ": " + error.message()};
  }
  const auto path = directory / "buffer.lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return Failure{Fault::directory_unusable,
                   path.string() + ": " + std::generic_category().message(errno)};
  }
  DirectoryLock lock{file};
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Failure{Fault::in_use, path.string() + ": stop the other `bornier run` first"};
  }
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

}  // namespace bornier::buffer
