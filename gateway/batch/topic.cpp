// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "batch/control.hpp"
#include "batch/messages.hpp"

namespace bornier::batch {
namespace {

constexpr std::string_view prefix = "bornier/v1/";

[[nodiscard]] auto to_text(TopicKind kind) -> std::string_view {
  switch (kind) {
    case TopicKind::batch: return "batch";
    case TopicKind::backlog: return "backlog";
    case TopicKind::catalog: return "catalog";
    case TopicKind::status: return "status";
    case TopicKind::confirm: return "confirm";
    case TopicKind::command: return "command";
    case TopicKind::reply: return "reply";
  }
  return "";
}

/// Takes what stands before the next slash, and the slash.
[[nodiscard]] auto take_level(std::string_view& text) -> std::string_view {
  const std::string_view level = text.substr(0, text.find('/'));
  text.remove_prefix(std::min(level.size() + 1, text.size()));
  return level;
}

}  // namespace

auto to_text(const Topic& topic) -> std::string {
  std::string text{prefix};
  return text.append(topic.city)
      .append("/")
      .append(topic.gateway)
      .append("/")
      .append(to_text(topic.kind));
}

auto parse_topic(std::string_view text) -> std::optional<Topic> {
  constexpr std::array kinds{TopicKind::batch,  TopicKind::backlog, TopicKind::catalog,
                             TopicKind::status, TopicKind::confirm, TopicKind::command,
                             TopicKind::reply};
  if (!text.starts_with(prefix)) {
    return std::nullopt;
  }
  text.remove_prefix(prefix.size());
  const std::string_view city = take_level(text);
  const std::string_view gateway = take_level(text);
  if (!is_id(city) || !is_id(gateway)) {
    return std::nullopt;
  }
  for (const TopicKind kind : kinds) {
    if (text == to_text(kind)) {
      return Topic{std::string{city}, std::string{gateway}, kind};
    }
  }
  return std::nullopt;
}

}  // namespace bornier::batch
