// SPDX-License-Identifier: Apache-2.0
// The node's parts seen as registers, by register_map.hpp. What one call reads belongs together:
// the parts do not move meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "node/parts.hpp"
#include "wire/bytes.hpp"
#include "wire/pdu.hpp"

namespace bornier::node {

/// Why a request is refused; nothing where it is done.
using Refusal = std::optional<wire::ExceptionCode>;

[[nodiscard]] auto read_registers(const Parts& parts, const wire::Read& read,
                                  wire::ByteWriter& out) noexcept -> Refusal;

/// As many bits as are to be read, packed.
[[nodiscard]] auto read_bits(const Parts& parts, const wire::Read& read,
                             std::span<std::byte> packed) noexcept -> Refusal;

/// All or none. A value of several registers is written as a whole or not at all.
[[nodiscard]] auto write_registers(Parts& parts, wire::RegisterAddress first,
                                   wire::RegistersView values, bool broadcast) noexcept -> Refusal;

/// All or none.
[[nodiscard]] auto write_coils(Parts& parts, wire::RegisterAddress first,
                               wire::BitsView values) noexcept -> Refusal;

}  // namespace bornier::node
