// SPDX-License-Identifier: Apache-2.0
// Both ends of a conversation over Read Device Identification (MODBUS Application Protocol
// V1.1b3, section 6.21), which may take several requests.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "wire/pdu.hpp"

namespace bornier::wire {

/// Seven bytes stand before the objects of an answer.
inline constexpr std::size_t max_device_objects_size = max_pdu_size - 7;

/// The server: as many of the objects asked for as fit into one answer, written into `room`, which
/// the answer looks into. `all` by rising id; values of at most 244 bytes. An unknown start of a
/// stream means its beginning; an unknown single object is exception 2.
[[nodiscard]] auto answer_identification(
    const ReadDeviceIdentification& request, std::span<const DeviceObject> all,
    std::span<std::byte, max_device_objects_size> room) noexcept -> Response;

/// The client: what to ask next; nothing once the stream has ended, or where the server would lead
/// backwards and so round for ever.
[[nodiscard]] auto continued(const ReadDeviceIdentification& request,
                             const DeviceIdentification& answer) noexcept
    -> std::optional<ReadDeviceIdentification>;

}  // namespace bornier::wire
