// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <span>

#include "batch/control.hpp"

namespace {

template <class Message>
void expect_same(const Message& first, const Message& second) {
  if (first && (!second || *first != *second)) {
    std::abort();
  }
}

}  // namespace

/// The first byte chooses the message.
extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  using namespace bornier::batch;
  if (size == 0) {
    return 0;
  }
  const auto bytes = std::as_bytes(std::span{data, size}).subspan(1);
  if (data[0] == 'c') {
    if (const auto message = decode_confirmation(bytes)) {
      expect_same(message, decode_confirmation(encode_confirmation(*message)));
    }
  } else if (data[0] == 's') {
    if (const auto message = decode_status(bytes)) {
      expect_same(message, decode_status(encode_status(*message)));
    }
  } else if (data[0] == 'r') {
    if (const auto message = decode_reply(bytes)) {
      expect_same(message, decode_reply(encode_reply(*message)));
    }
  } else if (const auto message = decode_command(bytes)) {
    expect_same(message, decode_command(encode_command(*message)));
  }
  return 0;
}
