// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/pdu.hpp"

namespace bornier::modbus {

/// Why a request has no answer to use. The numbers reach the logs: append, never renumber. From
/// 0x100 on it is the exception the device answered with: 0x100 + its code, also where that code
/// has no name here (Fault{0x1E0} is exception 0xE0).
enum class Fault : std::uint16_t {
  timeout = 1,       ///< nothing that answers this request came in time
  truncated,         ///< an answer began and did not end in time
  bad_crc,           ///< answers came, all with a wrong checksum
  unfitting_answer,  ///< the right device answered another request than this one
  broken_stream,     ///< TCP: what was received cannot be a frame

  illegal_function = 0x101,
  illegal_address = 0x102,
  illegal_value = 0x103,
  device_failure = 0x104,
  acknowledge = 0x105,
  device_busy = 0x106,
  memory_parity = 0x108,
  gateway_path_unavailable = 0x10A,
  gateway_target_silent = 0x10B,
};

/// What the poller does about it; kept apart so that the policy reads in one place.
enum class Remedy : std::uint8_t {
  ask_again,        ///< the line spoilt it: the same request may well succeed at once
  ask_later,        ///< the device cannot answer now: not before its next turn
  forget_register,  ///< the device lacks it: do not ask this again until configured anew
  reconnect,        ///< the connection is of no more use
};

[[nodiscard]] constexpr auto fault_of(wire::ExceptionCode code) noexcept -> Fault {
  return static_cast<Fault>(0x100U | static_cast<unsigned>(code));
}

/// The device's exception code, where the fault is one.
[[nodiscard]] constexpr auto exception_code(Fault fault) noexcept
    -> std::optional<wire::ExceptionCode> {
  const auto number = static_cast<unsigned>(fault);
  if (number < 0x100U) {
    return std::nullopt;
  }
  return static_cast<wire::ExceptionCode>(number & 0xFFU);
}

[[nodiscard]] constexpr auto remedy(Fault fault) noexcept -> Remedy {
  switch (fault) {  // no default: -Wswitch refuses a Fault without a Remedy
    case Fault::timeout:
    case Fault::truncated:
    case Fault::bad_crc:
    case Fault::unfitting_answer: return Remedy::ask_again;
    case Fault::broken_stream: return Remedy::reconnect;
    case Fault::illegal_function:
    case Fault::illegal_address:
    case Fault::illegal_value: return Remedy::forget_register;
    case Fault::device_failure:
    case Fault::acknowledge:
    case Fault::device_busy:
    case Fault::memory_parity:
    case Fault::gateway_path_unavailable:
    case Fault::gateway_target_silent: return Remedy::ask_later;
  }
  return Remedy::ask_later;  // an exception without a name
}

/// "illegal data address"; exceptions without a name are all "exception".
[[nodiscard]] auto to_text(Fault fault) noexcept -> std::string_view;

}  // namespace bornier::modbus
