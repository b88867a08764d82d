// SPDX-License-Identifier: Apache-2.0
#include "io/serial_line.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include "io/deadline.hpp"
#include "io/serial_device.hpp"

namespace bornier::io {
namespace {

using namespace std::chrono_literals;

/// A UART that takes no bytes for so long beyond their transmission is stuck.
constexpr auto write_patience = 2s;
/// What still sends after so long, or a whole frame where the line is slow, will not stop.
constexpr auto least_wait_for_silence = 400ms;
constexpr std::size_t longest_frame = 256;
/// The most that is thrown away at once, before the kernel's buffer is emptied unread.
constexpr std::size_t most_discarded = 4'096;

}  // namespace

struct SerialLine::State {
  State(const asio::any_io_executor& executor, const Clock& the_clock, SerialSettings the_settings)
      : clock{the_clock}, settings{std::move(the_settings)}, port{executor} {}

  const Clock& clock;
  SerialSettings settings;
  asio::posix::stream_descriptor port;
  std::string remark;
  reading::Instant busy_until;         ///< of the last byte in either direction
  std::array<std::byte, 256> inbox{};  ///< the longest RTU frame; more is read in turns

  /// What is not sent yet is thrown away: the kernel would wait up to 30 s for it to leave, and the
  /// only thread with it.
  void close() {
    boost::system::error_code ignored;
    if (port.is_open())
      static_cast<void>(::tcflush(port.native_handle(), TCIOFLUSH));
    port.close(ignored);
  }

  /// A device that is gone is noticed here, before a request is wasted on it.
  void discard_arrived() {
    if (!port.is_open())
      return;
    boost::system::error_code failure;
    port.non_blocking(true, failure);
    std::size_t discarded = 0;
    while (!failure && discarded < most_discarded) {
      discarded += port.read_some(asio::buffer(inbox), failure);
    }
    if (discarded > 0)
      busy_until = clock.now().instant;
    if (!failure) {
      static_cast<void>(::tcflush(port.native_handle(), TCIFLUSH));
    } else if (failure != asio::error::would_block) {
      close();
    }
  }

  /// Empty once `until` has passed.
  auto read_some(reading::Instant until) -> asio::awaitable<wire::Result<std::span<std::byte>>> {
    auto reading = port.async_read_some(asio::buffer(inbox), asio::deferred);
    const auto got = co_await with_deadline<std::size_t>(std::move(reading), until, clock);
    if (got) {
      busy_until = clock.now().instant;
      co_return std::span{inbox}.first(*got);
    }
    if (got.error() == asio::error::timed_out && clock.now().instant >= until) {
      co_return std::span<std::byte>{};
    }
    close();
    co_return got.error();
  }

  auto await_silence() -> asio::awaitable<wire::Result<void>> {
    const auto silence = modbus::frame_silence(settings.format);
    const reading::Instant::duration whole_frame =
        modbus::transmission_time(settings.format, longest_frame) + silence;
    const auto patience = clock.now().instant +
                          std::max<reading::Instant::duration>(least_wait_for_silence, whole_frame);
    for (;;) {
      const auto quiet = std::min(busy_until + silence, patience);
      if (clock.now().instant >= quiet)
        co_return wire::ok();
      const auto noise = co_await read_some(quiet);
      if (!noise)
        co_return noise.error();
    }
  }
};

SerialLine::SerialLine(const asio::any_io_executor& executor, const Clock& clock,
                       SerialSettings settings)
    : state_{std::make_unique<State>(executor, clock, std::move(settings))} {}

SerialLine::~SerialLine() = default;

auto SerialLine::connect(reading::Instant /*until*/) -> asio::awaitable<wire::Result<void>> {
  auto& state = *state_;
  state.discard_arrived();
  if (is_open())
    co_return wire::ok();
  auto opened =
      open_serial_device(state.settings.device, state.settings.format, state.settings.rs485);
  if (!opened)
    co_return opened.error();
  boost::system::error_code failure;
  state.port.assign(opened->descriptor, failure);
  if (failure) {
    ::close(opened->descriptor);
    co_return failure;
  }
  state.remark = std::move(opened->remark);
  state.busy_until = state.clock.now().instant;
  co_return wire::ok();
}

auto SerialLine::write(std::span<const std::byte> bytes) -> asio::awaitable<wire::Result<void>> {
  auto& state = *state_;
  if (!is_open()) {
    const boost::system::error_code not_connected = asio::error::not_connected;
    co_return not_connected;
  }
  auto silent = co_await state.await_silence();
  if (!silent)
    co_return silent.error();
  const auto begun = state.clock.now().instant;
  const auto ends = begun + modbus::transmission_time(state.settings.format, bytes.size());
  auto writing =
      asio::async_write(state.port, asio::buffer(bytes.data(), bytes.size()), asio::deferred);
  const auto written =
      co_await with_deadline<std::size_t>(std::move(writing), ends + write_patience, state.clock);
  if (!written) {
    state.close();
    co_return written.error();
  }
  state.busy_until = std::max(ends, state.clock.now().instant);
  asio::steady_timer sending{state.port.get_executor()};
  sending.expires_after(ends - state.clock.now().instant);
  auto sent = sending.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await std::move(sent);
  co_return wire::ok();
}

auto SerialLine::read_some(reading::Instant until)
    -> asio::awaitable<wire::Result<std::span<const std::byte>>> {
  if (!is_open()) {
    const boost::system::error_code not_connected = asio::error::not_connected;
    co_return not_connected;
  }
  const auto got = co_await state_->read_some(until);
  if (!got)
    co_return got.error();
  co_return std::span<const std::byte>{*got};
}

void SerialLine::drain() {
  state_->discard_arrived();
}

void SerialLine::close() {
  state_->close();
}

auto SerialLine::is_open() const -> bool {
  return state_->port.is_open();
}

auto SerialLine::name() const -> std::string {
  return state_->settings.device;
}

auto SerialLine::remark() const -> std::string {
  return state_->remark;
}

}  // namespace bornier::io
