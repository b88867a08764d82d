// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "io/clock.hpp"
#include "wire/result.hpp"

namespace bornier::io {

/// Runs an Asio operation, made with the completion token `deferred`, until it ends or `until` has
/// passed: then it is cancelled and the error is `timed_out`. What completes in the same moment
/// counts. T is what the operation yields beside its error_code, or void.
template <class T, class Operation>
auto with_deadline(Operation operation, reading::Instant until, const Clock& clock)
    -> boost::asio::awaitable<wire::Result<T>> {
  namespace asio = boost::asio;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(until - clock.now().instant);
  auto either = asio::experimental::make_parallel_group(std::move(operation),
                                                        timer.async_wait(asio::deferred));
  auto outcome =
      co_await either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  const auto& order = std::get<0>(outcome);
  auto failure = std::get<1>(outcome);
  if (failure == asio::error::operation_aborted && order[0] == 1) {
    failure = asio::error::timed_out;
  }
  if (failure)
    co_return failure;
  if constexpr (std::is_void_v<T>) {
    co_return wire::Result<void>{boost::system::in_place_value};
  } else {
    co_return std::move(std::get<2>(outcome));
  }
}

}  // namespace bornier::io
