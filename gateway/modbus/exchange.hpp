// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "modbus/fault.hpp"
#include "reading/time.hpp"
#include "wire/bytes.hpp"
#include "wire/pdu.hpp"
#include "wire/rtu_frame.hpp"
#include "wire/tcp_frame.hpp"

namespace bornier::modbus {

enum class Framing : std::uint8_t {
  rtu,  ///< a serial line, or one behind a TCP socket that only passes bytes
  tcp,
};

/// The answer that fits the request, exceptions excluded. Owns its bytes, no more than there are:
/// it lies in the frames of several coroutines of each of hundreds of buses.
class Answer {
 public:
  Answer() noexcept = default;
  explicit Answer(std::span<const std::byte> pdu) : pdu_{pdu.begin(), pdu.end()} {}

  /// Function and data; empty after a broadcast. For wire::decode_response().
  [[nodiscard]] auto pdu() const noexcept -> std::span<const std::byte> { return pdu_; }

  /// The registers of functions 3, 4 and 23, in order; none for others. Looks into the answer.
  [[nodiscard]] auto registers() const noexcept -> wire::RegistersView;
  /// Copies as many of them as `out` holds, and says how many.
  auto registers(std::span<std::uint16_t> out) const noexcept -> std::size_t;

  /// The bits of functions 1 and 2; none for others. `quantity` as it was asked for: the answer
  /// knows it only rounded up to eight.
  [[nodiscard]] auto bits(std::size_t quantity) const noexcept -> wire::BitsView;

 private:
  std::vector<std::byte> pdu_;
};

/// Write all of `bytes`, then step again. They belong to the exchange: do not move it meanwhile.
struct Send {
  std::span<const std::byte> bytes;
};
/// Give what is received until then to receive(), and step again at the latest then. Always later
/// than the `now` of the step.
struct AwaitBytes {
  reading::Instant until;
};
struct Finished {
  wire::Result<Answer, Fault> result;
};
using Step = std::variant<Send, AwaitBytes, Finished>;

/// What was thrown away while waiting, for the figures of a bus.
struct Discarded {
  std::uint32_t foreign = 0;    ///< whole answers of other units or transactions
  std::uint32_t unfitting = 0;  ///< whole answers of this unit that cannot answer this request
  std::uint32_t damaged = 0;    ///< answers of this unit with a wrong checksum
  std::uint32_t stray = 0;      ///< bytes that were part of no whole frame

  friend auto operator==(const Discarded&, const Discarded&) noexcept -> bool = default;
};

/// One request and the wait for its answer. A machine: the caller steps it, sends and receives.
///
/// The wait begins at the step after the bytes were sent, so a slow line does not eat into it. A
/// late answer to an earlier request cannot always be told from the one awaited (RTU frames carry
/// neither address nor number): after a fault, drain the line before the next exchange.
///
/// On a line that echoes what is sent, the echo of a request is skipped; only the writes whose
/// answer is the same bytes (functions 5, 6 and 22) cannot be told from it.
class Exchange {
 public:
  /// `request` comes from wire::encode_request(). With RTU framing, unit 0 is a broadcast
  /// (MODBUS over Serial Line V1.02, section 2.1): sent, and not answered; `timeout` is then the
  /// turnaround delay that slaves get to do it (section 2.4.1). `transaction` is for TCP; give
  /// every exchange of a connection another one.
  Exchange(Framing framing, wire::UnitId unit, const wire::Pdu& request,
           reading::Instant::duration timeout, wire::TransactionId transaction = {}) noexcept;

  [[nodiscard]] auto step(reading::Instant now) noexcept -> Step;

  /// Bytes as they arrived, however divided; copied. Ignored once the exchange is finished.
  auto receive(std::span<const std::byte> bytes) noexcept -> void;

  [[nodiscard]] auto framing() const noexcept -> Framing { return framing_; }
  [[nodiscard]] auto transaction() const noexcept -> wire::TransactionId { return transaction_; }
  [[nodiscard]] auto discarded() const noexcept -> const Discarded& { return discarded_; }

 private:
  enum class Phase : std::uint8_t { sending, sent, waiting, finished };
  /// Room for the whole of a frame that has begun, and as much again.
  using Inbox = wire::ByteBuffer<2 * wire::max_tcp_size>;

  auto digest() noexcept -> void;
  /// How many bytes at the front of the inbox are done with; none if more are needed.
  auto digest_rtu() noexcept -> std::size_t;
  auto digest_tcp() noexcept -> std::size_t;
  auto judge(std::span<const std::byte> pdu) noexcept -> void;
  [[nodiscard]] auto is_broadcast() const noexcept -> bool;
  /// Function and data, as they stand in the outbox.
  [[nodiscard]] auto request() const noexcept -> std::span<const std::byte>;
  [[nodiscard]] auto is_ours(std::span<const std::byte> received) const noexcept -> bool;
  /// How many bytes stand before a whole answer of this unit; none if there is no such answer.
  [[nodiscard]] auto stray_before_answer(std::span<const std::byte> received) const noexcept
      -> std::size_t;
  auto finish(wire::Result<Answer, Fault> outcome) noexcept -> void;
  [[nodiscard]] auto verdict() const noexcept -> Fault;

  Framing framing_;
  Phase phase_ = Phase::sending;
  wire::UnitId unit_;
  wire::TransactionId transaction_;
  wire::TcpAdu outbox_;
  Inbox inbox_;
  reading::Instant::duration timeout_;
  reading::Instant deadline_{};
  wire::Result<Answer, Fault> outcome_{Fault::timeout};
  Discarded discarded_;
};

}  // namespace bornier::modbus
