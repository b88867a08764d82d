// SPDX-License-Identifier: Apache-2.0
#include "platform/names.hpp"

#include <charconv>

namespace bornier::platform {

auto to_text(reading::EventKind kind) noexcept -> std::string_view {
  using enum reading::EventKind;
  switch (kind) {
    case gateway_started: return "gateway_started";
    case configuration_loaded: return "configuration_loaded";
    case clock_step: return "clock_step";
    case clock_trusted: return "clock_trusted";
    case stream_opened: return "stream_opened";
    case buffer_damaged: return "buffer_damaged";
    case meter_exchanged: return "meter_exchanged";
    case meter_restarted: return "meter_restarted";
    case register_written: return "register_written";
    case messages_lost: return "messages_lost";
    case meter_event: return "meter_event";
  }
  return {};
}

auto to_text(reading::GapReason reason) noexcept -> std::string_view {
  using enum reading::GapReason;
  switch (reason) {
    case evicted_bytes: return "evicted_bytes";
    case evicted_age: return "evicted_age";
    case memory_full: return "memory_full";
    case disk_full: return "disk_full";
    case damaged: return "damaged";
  }
  return {};
}

auto about(const batch::Header& header) -> std::string {
  return header.city + "/" + header.gateway + " stream " + to_text(header.stream) + " batch " +
         std::to_string(header.sequence.value());
}

auto parse_stream(std::string_view text) -> std::optional<batch::StreamId> {
  std::uint64_t number{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, 16);
  if (text.size() != 16 || parsed.ec != std::errc{} || parsed.ptr != end) {
    return std::nullopt;
  }
  return batch::StreamId{number};
}

}  // namespace bornier::platform
