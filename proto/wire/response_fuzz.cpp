// SPDX-License-Identifier: Apache-2.0
// A request (its length, then its bytes), and any bytes as the answer to it: what is understood can
// be written, and means the same again.
#include <algorithm>
#include <cstdlib>

#include "wire/device_identification.hpp"
#include "wire/pdu.hpp"

using namespace bornier::wire;

namespace {

/// Unused bits of the last byte, and a next object where none follows, are tidied.
auto may_differ(const Response& response) -> bool {
  return std::holds_alternative<Bits>(response) ||
         std::holds_alternative<DeviceIdentification>(response);
}

/// Reads every value that the answer claims to have.
auto sum_of(const Response& response) -> unsigned {
  unsigned sum = 0;
  if (const auto* bits = std::get_if<Bits>(&response)) {
    for (std::size_t index = 0; index < bits->values.size(); ++index) {
      sum += bits->values[index] ? 1U : 0U;
    }
  }
  if (const auto* registers = std::get_if<Registers>(&response)) {
    for (std::size_t index = 0; index < registers->values.size(); ++index) {
      sum += registers->values[index];
    }
  }
  if (const auto* identification = std::get_if<DeviceIdentification>(&response)) {
    for (std::size_t index = 0; index < identification->objects.size(); ++index) {
      const auto object = identification->objects[index];
      sum += std::count(object.value.begin(), object.value.end(), std::byte{0}) != 0 ? 1U : 0U;
    }
  }
  return sum;
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const auto input = std::as_bytes(std::span{data, size});
  if (input.empty() || input.size() - 1 < data[0]) {
    return 0;
  }
  const auto request = decode_request(input.subspan(1, data[0]));
  if (!request) {
    return 0;
  }
  const auto pdu = input.subspan(1 + std::size_t{data[0]});
  const auto response = decode_response(*request, pdu);
  if (!response) {
    return 0;
  }
  const auto encoded = encode_response(*request, *response);
  if (!encoded || (!std::ranges::equal(encoded->bytes(), pdu) && !may_differ(*response))) {
    std::abort();
  }
  const auto again = decode_response(*request, encoded->bytes());
  if (!again || encode_response(*request, *again) != encoded ||
      sum_of(*again) != sum_of(*response)) {
    std::abort();
  }
  const auto* asked = std::get_if<ReadDeviceIdentification>(&*request);
  const auto* identification = std::get_if<DeviceIdentification>(&*response);
  if (asked != nullptr && identification != nullptr) {
    const auto next = continued(*asked, *identification);
    if (next && next->object <= asked->object) {
      std::abort();
    }
  }
  return 0;
}
