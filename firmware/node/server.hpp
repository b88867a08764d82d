// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "node/frame_reader.hpp"
#include "node/parts.hpp"
#include "wire/device_identification.hpp"
#include "wire/pdu.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::node {

/// The Modbus server: functions 1 to 6, 8, 15, 16 and 43 / 14. A frame in, at most one answer out.
class Server {
 public:
  explicit Server(Parts& parts) noexcept : parts_{parts} {}

  /// A frame with a right checksum, to whomever. An answer that has not left is dropped: if others
  /// talk already, nobody waits for it any more.
  auto serve(const wire::RtuFrame& frame, FrameReader& reader) noexcept -> void;

  /// Empty where there is nothing to send.
  [[nodiscard]] auto answer() const noexcept -> std::span<const std::byte> {
    return answer_.bytes();
  }
  auto answered() noexcept -> void { answer_ = {}; }

 private:
  /// MODBUS Application Protocol V1.1b3, section 6.8.1; all wrap.
  struct Counts {
    std::uint16_t bus_messages = 0;
    std::uint16_t exceptions = 0;
    std::uint16_t server_messages = 0;
    std::uint16_t no_responses = 0;
    std::uint16_t overruns = 0;  // those of the queue when they were cleared
  };

  [[nodiscard]] auto respond(const wire::Request& request, bool broadcast, FrameReader& reader,
                             std::span<std::byte, wire::max_pdu_size> room) noexcept
      -> wire::Response;
  [[nodiscard]] auto read(const wire::Read& read, std::span<std::byte> room) const noexcept
      -> wire::Response;
  [[nodiscard]] auto diagnose(const wire::Diagnose& request, FrameReader& reader) noexcept
      -> wire::Response;
  auto send(wire::UnitId unit, const wire::Pdu& pdu) noexcept -> void;

  Parts& parts_;
  wire::RtuAdu answer_;
  Counts counts_;
  bool listen_only_ = false;
};

}  // namespace bornier::node
