// SPDX-License-Identifier: Apache-2.0
#include "io/without_password.hpp"

#include <algorithm>

namespace bornier::io {

auto passwords_in(std::string_view url) -> std::vector<std::string_view> {
  constexpr auto nowhere = std::string_view::npos;
  constexpr std::string_view keyword = "password";
  std::vector<bool> secret(url.size() + 1);  // the last one ends the last part
  const auto hide = [&secret](std::size_t first, std::size_t end) {
    for (auto index = first; index < end; ++index) {
      secret[index] = true;
    }
  };
  const auto scheme = url.find("://");
  const auto colon = url.find(':', scheme == nowhere ? 0 : scheme + 3);
  // The last '@': a password with an '@' of its own is a mistake that must not show it.
  const auto at = url.rfind('@');
  if (colon != nowhere && at != nowhere) {
    hide(colon + 1, at);
  }
  for (auto found = url.find(keyword); found != nowhere; found = url.find(keyword, found + 1)) {
    const auto equals = url.find_first_not_of(' ', found + keyword.size());
    if (equals != nowhere && url[equals] == '=') {
      const auto end = scheme == nowhere ? nowhere : url.find('&', equals);
      hide(equals + 1, std::min(end, url.size()));
    }
  }
  std::vector<std::string_view> parts;
  for (std::size_t first = 0; first < url.size(); ++first) {
    const auto begin = first;
    while (secret[first]) {
      ++first;
    }
    if (first > begin) {
      parts.push_back(url.substr(begin, first - begin));
    }
  }
  return parts;
}

auto without_password(std::string_view url) -> std::string {
  std::string shown;
  const auto* from = url.data();
  for (const auto part : passwords_in(url)) {
    shown.append(from, part.data());
    shown += "***";
    from = part.data() + part.size();
  }
  return shown.append(from, url.data() + url.size());
}

}  // namespace bornier::io
