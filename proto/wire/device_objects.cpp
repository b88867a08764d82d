// SPDX-License-Identifier: Apache-2.0
#include "wire/device_objects.hpp"

#include "wire/bytes.hpp"

namespace bornier::wire {

namespace {

auto take_object(ByteReader& in) noexcept -> DeviceObject {
  const auto id = in.u8();
  const auto length = in.u8();
  return DeviceObject{id, in.take(length)};
}

}  // namespace

auto DeviceObjects::parse(std::span<const std::byte> bytes) noexcept
    -> std::optional<DeviceObjects> {
  ByteReader in{bytes};
  std::size_t count = 0;
  while (!in.rest().empty()) {
    take_object(in);
    ++count;
  }
  if (in.overran()) {
    return std::nullopt;
  }
  return DeviceObjects{bytes, count};
}

auto DeviceObjects::operator[](std::size_t index) const noexcept -> DeviceObject {
  ByteReader in{bytes_};
  for (std::size_t skipped = 0; skipped < index; ++skipped) {
    take_object(in);
  }
  return take_object(in);
}

}  // namespace bornier::wire
