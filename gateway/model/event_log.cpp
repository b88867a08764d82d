// SPDX-License-Identifier: Apache-2.0
#include "model/event_log.hpp"

#include <string_view>

#include "model/register_words.hpp"

namespace bornier::model {
namespace {

auto mask(unsigned bits) -> std::uint64_t {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

auto width(const EventField& field) -> unsigned {
  return field.bit_count != 0 ? field.bit_count : 16U * field.encoding.registers;
}

auto content(const EventField& field, std::span<const std::uint16_t> words) -> std::uint32_t {
  const auto bits = raw_bits(words.subspan(field.first, field.encoding.registers), field.encoding);
  return static_cast<std::uint32_t>((bits >> field.first_bit) & mask(width(field)));
}

void replace_all(std::string& text, std::string_view what, std::uint64_t number) {
  const auto digits = std::to_string(number);
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), digits);
    at += digits.size();
  }
}

}  // namespace

auto logged_event(const EventLog& log, std::span<const std::uint16_t> words) -> LoggedEvent {
  return {.number = content(log.number, words),
          .boot = content(log.boot, words),
          .time = std::chrono::seconds{content(log.time, words)},
          .kind = content(log.kind, words),
          .source = content(log.source, words),
          .value = content(log.value, words)};
}

auto age_of(const EventLog& log, const LoggedEvent& event, std::uint64_t boots,
            std::chrono::seconds uptime) -> std::optional<std::chrono::seconds> {
  if (event.boot != (boots & mask(width(log.boot))) || event.time > uptime) {
    return std::nullopt;
  }
  return uptime - event.time;
}

auto is_of_later_boot(const EventLog& log, const LoggedEvent& event, std::uint64_t boots) -> bool {
  const auto all = mask(width(log.boot));
  const auto ahead = (event.boot - boots) & all;
  return ahead != 0 && ahead <= all / 2;
}

auto text_of(const EventLog& log, const LoggedEvent& event) -> std::string {
  auto found = log.kinds.find(std::to_string(event.kind) + "." + std::to_string(event.source));
  if (found == log.kinds.end()) {
    found = log.kinds.find(std::to_string(event.kind));
  }
  std::string text = found != log.kinds.end()
                         ? found->second
                         : "event of kind " + std::to_string(event.kind) +
                               ", which the model does not know (source {source}, value {value})";
  replace_all(text, "{source}", event.source);
  replace_all(text, "{source+1}", std::uint64_t{event.source} + 1);
  replace_all(text, "{value}", event.value);
  return text;
}

}  // namespace bornier::model
