// SPDX-License-Identifier: Apache-2.0
#include "platform/option_checks.hpp"

#include <charconv>

#include "batch/control.hpp"
#include "io/broker_url.hpp"
#include "io/without_password.hpp"
#include "platform/share.hpp"

namespace bornier::platform {

auto check_broker(const std::string& url) -> std::string {
  const auto address = io::parse_broker(url);
  return address ? std::string{} : address.error() + "; write mqtts://broker.city.example:8883";
}

auto check_city(const std::string& city) -> std::string {
  const bool fits = batch::parse_topic("bornier/v1/" + city + "/gateway/batch").has_value();
  return fits
             ? std::string{}
             : "'" + city + "' is no city: 1 to 64 of a-z, 0-9 and '-', as in the gateways' `city`";
}

auto check_share(const std::string& share) -> std::string {
  if (parse_share(share)) {
    return {};
  }
  if (!share.empty() && share.find_first_not_of("0123456789") == std::string::npos) {
    return "'" + share + "' is half of a part: write " + share +
           "/N for one of N, or a group's name that is more than digits";
  }
  return "'" + share + "' is neither a group nor a part like 1/3";
}

auto check_client_id(const std::string& id) -> std::string {
  return id.empty() ? "an empty name is none that the broker would keep a session for: write one, "
                      "or leave the option out"
                    : "";
}

auto parse_duration(std::string_view text) -> std::optional<std::chrono::milliseconds> {
  constexpr std::chrono::milliseconds longest = std::chrono::weeks{1};
  std::uint64_t number{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  const std::string_view unit{parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)};
  std::chrono::milliseconds one{};
  if (unit == "ms") {
    one = std::chrono::milliseconds{1};
  } else if (unit == "s") {
    one = std::chrono::seconds{1};
  } else if (unit == "min") {
    one = std::chrono::minutes{1};
  } else {
    return std::nullopt;
  }
  if (parsed.ec != std::errc{} || number > static_cast<std::uint64_t>(longest / one)) {
    return std::nullopt;
  }
  return one * static_cast<std::int64_t>(number);
}

auto check_duration(const std::string& text, std::chrono::milliseconds least) -> std::string {
  const auto duration = parse_duration(text);
  if (duration && *duration >= least) {
    return {};
  }
  return "'" + text + "' is not a time like 500ms, 10s or 1min, from " +
         std::to_string(least.count()) + "ms to 10080min";
}

auto check_load(std::uint32_t gateways, const SwarmShape& shape) -> std::string {
  constexpr std::uint64_t most_of_a_batch = 100'000;
  constexpr std::uint64_t most = 2'500'000;
  const auto of_a_batch = std::uint64_t{shape.meters} * shape.points * shape.samples;
  const auto factors = "--meters " + std::to_string(shape.meters) + " x --points " +
                       std::to_string(shape.points) + " x --samples " +
                       std::to_string(shape.samples);
  if (of_a_batch > most_of_a_batch) {
    return factors + " makes " + std::to_string(of_a_batch) +
           " readings in a batch, the limit is " + std::to_string(most_of_a_batch) +
           ": lower one of them";
  }
  if (gateways * of_a_batch > most) {
    return "--gateways " + std::to_string(gateways) + " x " + factors + " makes " +
           std::to_string(gateways * of_a_batch) + " readings --every time, the limit is " +
           std::to_string(most) + ": lower one of them";
  }
  return {};
}

auto without_passwords(std::string text, std::span<const char* const> arguments) -> std::string {
  for (const std::string_view argument : arguments) {
    // The parser takes --option=VALUE apart.
    for (const auto part : {argument, argument.substr(argument.find('=') + 1)}) {
      const auto shown = io::without_password(part);
      if (shown == part) {
        continue;
      }
      for (auto at = text.find(part); at != std::string::npos;
           at = text.find(part, at + shown.size())) {
        text.replace(at, part.size(), shown);
      }
    }
  }
  return text;
}

}  // namespace bornier::platform
