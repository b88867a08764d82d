// SPDX-License-Identifier: Apache-2.0
// Lets a modbus::Fault widen to the shell's error_code, next to Asio's own errors.
#pragma once

#include <optional>

#include "modbus/fault.hpp"
#include "wire/result.hpp"

template <>
struct boost::system::is_error_code_enum<bornier::modbus::Fault> : std::true_type {};

namespace bornier::modbus {

[[nodiscard]] auto fault_category() noexcept -> const boost::system::error_category&;

[[nodiscard]] inline auto make_error_code(Fault fault) noexcept -> boost::system::error_code {
  return {static_cast<int>(fault), fault_category()};
}

/// Nothing if the error is not one of the exchange but of the line.
[[nodiscard]] auto fault_of(const boost::system::error_code& error) noexcept
    -> std::optional<Fault>;

}  // namespace bornier::modbus
