// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_values.hpp"

#include <algorithm>

#include "reading/time_text.hpp"
#include "reading/utf8.hpp"

namespace bornier::platform::postgres {

auto timestamp(reading::Stamp stamp) -> std::string {
  constexpr auto first = reading::stamp_at(-62'135'596'800'000);
  constexpr auto last = reading::stamp_at(253'402'300'799'999);
  return reading::to_text(std::clamp(stamp, first, last));
}

auto text(std::string_view bytes) -> std::string {
  auto valid = reading::to_utf8(bytes);
  for (auto at = valid.find('\0'); at != std::string::npos; at = valid.find('\0', at)) {
    valid.replace(at, 1, "\uFFFD");
  }
  return valid;
}

auto blob(std::span<const std::byte> bytes) -> pqxx::binarystring {
  // A null pointer would be NULL.
  const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  return {data, bytes.size()};
}

void Array::add(std::span<const std::byte> bytes) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string item = R"("\\x)";
  for (const auto byte : bytes) {
    item += hex[std::to_integer<std::size_t>(byte) >> 4U];
    item += hex[std::to_integer<std::size_t>(byte) & 0xFU];
  }
  append(item + '"');
}

void Array::add(std::string_view text) {
  std::string item = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      item += '\\';
    }
    item += letter;
  }
  append(item + '"');
}

void Array::append(std::string_view item) {
  if (items_.size() > 1) {
    items_ += ',';
  }
  items_ += item;
}

void take(pqxx::work& work, Lock lock) {
  constexpr int born = 0x424F524E;
  work.exec_params("SELECT pg_advisory_xact_lock($1, $2)", born, static_cast<int>(lock));
}

}  // namespace bornier::platform::postgres
