// SPDX-License-Identifier: Apache-2.0
#include "wire/device_identification.hpp"

#include <algorithm>

namespace bornier::wire {

namespace {

constexpr std::uint8_t last_basic_object = 0x02;
constexpr std::uint8_t last_regular_object = 0x7F;
constexpr std::uint8_t last_extended_object = 0xFF;

auto last_object(DeviceIdentificationCode code) noexcept -> std::uint8_t {
  switch (code) {
    case DeviceIdentificationCode::basic: return last_basic_object;
    case DeviceIdentificationCode::regular: return last_regular_object;
    case DeviceIdentificationCode::extended:
    case DeviceIdentificationCode::individual: return last_extended_object;
  }
  return last_extended_object;
}

/// The richest category there is something of; 0x80 says that objects can be asked for singly.
auto conformity_level_of(std::span<const DeviceObject> all) noexcept -> std::uint8_t {
  const auto highest = all.empty() ? std::uint8_t{0} : all.back().id;
  if (highest <= last_basic_object) {
    return 0x81;
  }
  return highest <= last_regular_object ? 0x82 : 0x83;
}

auto write_object(ByteWriter& out, const DeviceObject& object) noexcept -> bool {
  if (out.room() < 2 + object.value.size()) {
    return false;
  }
  out.u8(object.id);
  out.u8(static_cast<std::uint8_t>(object.value.size()));
  out.append(object.value);
  return true;
}

}  // namespace

auto answer_identification(const ReadDeviceIdentification& request,
                           std::span<const DeviceObject> all,
                           std::span<std::byte, max_device_objects_size> room) noexcept
    -> Response {
  auto first = std::find_if(all.begin(), all.end(), [&request](const DeviceObject& object) {
    return object.id == request.object;
  });
  const bool single = request.code == DeviceIdentificationCode::individual;
  const auto last = last_object(request.code);
  if (single && first == all.end()) {
    return Exception{ExceptionCode::illegal_data_address};
  }
  if (first == all.end() || first->id > last) {
    first = all.begin();
  }

  DeviceIdentification answer;
  answer.conformity_level = conformity_level_of(all);
  ByteWriter out{room};
  for (auto object = first; object != all.end() && object->id <= last; ++object) {
    if (!write_object(out, *object)) {
      if (object == first) {
        return Exception{ExceptionCode::server_device_failure};
      }
      answer.next_object = object->id;
      break;
    }
    if (single) {
      break;
    }
  }
  answer.objects = DeviceObjects::parse(out.written()).value_or(DeviceObjects{});
  return answer;
}

auto continued(const ReadDeviceIdentification& request, const DeviceIdentification& answer) noexcept
    -> std::optional<ReadDeviceIdentification> {
  if (!answer.next_object || *answer.next_object <= request.object ||
      request.code == DeviceIdentificationCode::individual) {
    return std::nullopt;
  }
  return ReadDeviceIdentification{request.code, *answer.next_object};
}

}  // namespace bornier::wire
