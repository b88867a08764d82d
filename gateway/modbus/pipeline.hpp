// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "modbus/exchange.hpp"
#include "reading/time.hpp"
#include "wire/bytes.hpp"
#include "wire/pdu.hpp"
#include "wire/tcp_frame.hpp"

namespace bornier::modbus {

/// Several requests that one unit gets at once over a TCP connection. Their answers may come in any
/// order: the transaction tells them apart (MODBUS Messaging on TCP/IP Implementation Guide V1.0b,
/// section 4.4.1). A machine like Exchange.
class Pipeline {
 public:
  struct Came {
    wire::Result<Answer, Fault> result;  ///< a fault is an exception of the meter
    reading::Instant at;                 ///< of its last byte
  };
  struct Ended {};
  using Step = std::variant<Send, AwaitBytes, Ended>;

  /// `requests` come from wire::encode_request(); their transactions are `first`, the one after it,
  /// and so on. It ends once all are answered, or nothing has come for `timeout`.
  Pipeline(wire::UnitId unit, std::span<const wire::Pdu> requests, wire::TransactionId first,
           reading::Instant::duration timeout);

  [[nodiscard]] auto step(reading::Instant now) -> Step;
  /// Bytes as they arrived until `now`, however divided; copied.
  void receive(std::span<const std::byte> bytes, reading::Instant now);

  /// By request: what came of it, if anything has.
  [[nodiscard]] auto came(std::size_t request) const noexcept -> const std::optional<Came>& {
    return came_[request];
  }
  [[nodiscard]] auto unanswered() const noexcept -> std::size_t { return unanswered_; }
  /// Nothing that follows can be understood: the connection is of no more use.
  [[nodiscard]] auto is_broken() const noexcept -> bool { return broken_; }
  [[nodiscard]] auto discarded() const noexcept -> Discarded;

 private:
  enum class Phase : std::uint8_t { sending, sent, waiting };
  /// Room for the whole of a frame that has begun, and as much again.
  using Inbox = wire::ByteBuffer<2 * wire::max_tcp_size>;

  void digest(reading::Instant now);
  void take(std::span<const std::byte> frame, reading::Instant now);

  Phase phase_ = Phase::sending;
  std::vector<Exchange> exchanges_;
  std::vector<std::optional<Came>> came_;
  std::vector<std::byte> outbox_;
  Inbox inbox_;
  std::size_t unanswered_;
  reading::Instant::duration timeout_;
  reading::Instant deadline_{};
  std::uint32_t foreign_{};
  bool broken_ = false;
};

}  // namespace bornier::modbus
