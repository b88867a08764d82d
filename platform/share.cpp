// SPDX-License-Identifier: Apache-2.0
#include "platform/share.hpp"

#include <charconv>

namespace bornier::platform {
namespace {

/// FNV-1a: the same on every machine and in every version, or receivers would disagree.
auto hash_of(std::uint64_t hash, std::string_view text) -> std::uint64_t {
  for (const char character : text) {
    hash = (hash ^ static_cast<std::uint8_t>(character)) * 0x100000001B3U;
  }
  return hash;
}

auto parse_number(std::string_view digits) -> std::optional<std::uint32_t> {
  std::uint32_t number{};
  const auto* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{number} : std::nullopt;
}

}  // namespace

auto Share::contains(std::string_view city, std::string_view gateway) const -> bool {
  const auto hash = hash_of(hash_of(hash_of(0xCBF29CE484222325U, city), "/"), gateway);
  return hash % parts == part - 1;
}

auto parse_share(std::string_view text) -> std::optional<Share> {
  constexpr std::uint32_t most_parts = 1'000;
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    const bool is_name = text.find_first_of("+#") == std::string_view::npos &&
                         text.find_first_not_of("0123456789") != std::string_view::npos;
    return is_name ? std::optional{Share{std::string{text}}} : std::nullopt;
  }
  const auto part = parse_number(text.substr(0, slash));
  const auto parts = parse_number(text.substr(slash + 1));
  if (!part || !parts || *part < 1 || *part > *parts || *parts > most_parts) {
    return std::nullopt;
  }
  return Share{{}, *part, *parts};
}

auto default_client_id(std::string_view host, std::string_view city, const Share& share)
    -> std::string {
  std::string id = "bornier-platform-";
  id += host;
  if (!city.empty()) {
    id.append("-").append(city);
  }
  if (share.parts > 1) {
    id += "-" + std::to_string(share.part) + "-of-" + std::to_string(share.parts);
  }
  return id;
}

}  // namespace bornier::platform
