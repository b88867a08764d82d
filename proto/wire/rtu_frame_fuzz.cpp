// SPDX-License-Identifier: Apache-2.0
// Any bytes from a serial line: a frame's length, once it is known, never changes, and what is
// read can be written again.
#include <algorithm>
#include <cstdlib>

#include "wire/rtu_frame.hpp"

using namespace bornier::wire;

namespace {

using LengthOf = Result<std::size_t, Fault> (*)(std::span<const std::byte>);

auto check_lengths(LengthOf length_of, std::span<const std::byte> received) -> void {
  const auto all = length_of(received);
  for (std::size_t count = 0; count <= received.size(); ++count) {
    const auto part = length_of(received.first(count));
    if (!part && (all || all.error() != part.error())) {
      std::abort();
    }
    if (part && *part > max_rtu_size) {
      std::abort();
    }
    // Known with fewer bytes: the same with all of them. Not known yet: no longer than in the end.
    if (part && *part <= count && (!all || *all != *part)) {
      std::abort();
    }
    if (part && all && *part > *all) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  const auto received = std::as_bytes(std::span{data, size});
  check_lengths(&rtu_request_length, received);
  check_lengths(&rtu_response_length, received);
  if (const auto frame = decode_rtu(received)) {
    const auto encoded = encode_rtu(frame->unit, frame->pdu);
    if (!encoded || !std::ranges::equal(encoded->bytes(), received)) {
      std::abort();
    }
  }
  // A checksum is rarely guessed: any bytes that fit are a PDU as well.
  if (const auto framed = encode_rtu(UnitId{1}, received)) {
    const auto frame = decode_rtu(framed->bytes());
    if (!frame || !std::ranges::equal(frame->pdu, received)) {
      std::abort();
    }
  }
  return 0;
}
