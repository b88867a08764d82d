// SPDX-License-Identifier: Apache-2.0
#include "buffer/replace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace bornier::buffer {
namespace {

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : number_{::open(path.c_str(), flags | O_CLOEXEC, 0640)} {}
  ~File() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  File(const File&) = delete;
  auto operator=(const File&) -> File& = delete;

  [[nodiscard]] auto is_open() const -> bool { return number_ >= 0; }
  [[nodiscard]] auto write(std::string_view rest) const -> bool {
    while (!rest.empty()) {
      const auto written = ::write(number_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR) {
        return false;
      }
      rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
  }
  [[nodiscard]] auto sync() const -> bool { return ::fsync(number_) == 0; }

 private:
  int number_;
};

auto write_synced(const std::filesystem::path& path, std::string_view content) -> bool {
  const File file{path, O_WRONLY | O_CREAT | O_TRUNC};
  return file.is_open() && file.write(content) && file.sync();
}

}  // namespace

auto replace_file(const std::filesystem::path& file, std::string_view content)
    -> wire::Result<void, std::string> {
  auto fresh = file;
  fresh += ".new";
  if (!write_synced(fresh, content) || ::rename(fresh.c_str(), file.c_str()) != 0) {
    return file.string() + ": " + std::generic_category().message(errno);
  }
  const File directory{file.parent_path(), O_RDONLY | O_DIRECTORY};
  if (!directory.is_open() || !directory.sync()) {
    return file.string() + ": " + std::generic_category().message(errno);
  }
  return {};
}

}  // namespace bornier::buffer
