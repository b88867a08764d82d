// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

/// For the tests of rooms that need sockets, files and time.
namespace bornier::io::testing {

/// A folder of one's own under TMPDIR, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "bornier-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error{"no temporary folder"};
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  auto operator=(const TemporaryFolder&) -> TemporaryFolder& = delete;

  [[nodiscard]] auto file(const std::string& name) const -> std::string {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

/// Runs the loop until the coroutine has ended, and yields what it yields or throws what it throws.
/// A loop that takes longer than `limit` is a failed test.
template <class T>
auto run_until_done(boost::asio::io_context& loop, boost::asio::awaitable<T> coroutine,
                    std::chrono::seconds limit = std::chrono::seconds{60}) -> T {
  std::optional<T> result;
  std::exception_ptr failure;
  bool done = false;
  boost::asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    result.emplace(std::move(value));
    done = true;
  });
  loop.restart();
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!done && loop.run_one_until(until) > 0) {
  }
  if (failure)
    std::rethrow_exception(failure);
  if (!done)
    throw std::runtime_error{"the coroutine did not end in time"};
  return std::move(*result);
}

}  // namespace bornier::io::testing
