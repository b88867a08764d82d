// SPDX-License-Identifier: Apache-2.0
#include "io/spawn.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

namespace bornier::io {
namespace {

[[noreturn]] void end_process(const std::exception_ptr& failure, const std::string& name) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::critical("{}: {}; the process ends so that it can be started afresh", name,
                     error.what());
  } catch (...) {
    spdlog::critical("{}: unknown exception; the process ends so that it can be started afresh",
                     name);
  }
  spdlog::default_logger()->flush();
  std::_Exit(EXIT_FAILURE);
}

}  // namespace

void spawn(const boost::asio::any_io_executor& executor, boost::asio::awaitable<void> coroutine,
           std::string name) {
  boost::asio::co_spawn(executor, std::move(coroutine),
                        [name = std::move(name)](const std::exception_ptr& failure) {
                          if (failure)
                            end_process(failure, name);
                        });
}

}  // namespace bornier::io
