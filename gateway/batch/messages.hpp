// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch/fault.hpp"
#include "reading/entries.hpp"
#include "wire/result.hpp"

namespace bornier::v1 {
class StateChange;
class Event;
class Gap;
}  // namespace bornier::v1

namespace google::protobuf {
class MessageLite;
}

/// What the codecs of this room share: plain structs <-> generated messages, and bytes.
namespace bornier::batch {

/// Codes of `Readings.qualities`.
constexpr std::uint32_t good_cell = 0;
constexpr std::uint32_t empty_cell = 1;

void write(const reading::StateChange& from, v1::StateChange& to);
void write(const reading::Event& from, v1::Event& to);
void write(const reading::Gap& from, v1::Gap& to);

/// Fault::newer_schema for an enumerator beyond what the struct can hold.
[[nodiscard]] auto read(const v1::StateChange& from) -> wire::Result<reading::StateChange, Fault>;
[[nodiscard]] auto read(const v1::Event& from) -> wire::Result<reading::Event, Fault>;
[[nodiscard]] auto read(const v1::Gap& from) -> wire::Result<reading::Gap, Fault>;

[[nodiscard]] auto serialised(const google::protobuf::MessageLite& message)
    -> std::vector<std::byte>;

/// How many fields stand in a serialised message, not counting those inside sub-messages; nothing
/// if it is not protobuf. Parsing costs memory per sub-message, even for an empty one: so they are
/// counted first.
[[nodiscard]] auto count_fields(std::span<const std::byte> bytes) -> std::optional<std::size_t>;

/// [a-z0-9-]{1,64}: city, gateway and metering point.
[[nodiscard]] auto is_id(std::string_view text) noexcept -> bool;

}  // namespace bornier::batch
