// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_failure.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "io/without_password.hpp"

namespace bornier::platform::postgres {
namespace {

constexpr auto nowhere = std::string_view::npos;

/// `text` is known by both of its signs.
struct Remedy {
  std::string_view sign;
  std::string_view second_sign;
  std::string_view what_to_do;
};

constexpr std::string_view own_database =
    "its tables are not those of bornier-platform: give it a database of its own in --database";
constexpr std::string_view own_role =
    "let the receiver's role own the database and what is in it (ALTER DATABASE ... OWNER TO ...), "
    "or name the owner in --database";
constexpr std::string_view own_login =
    "put the right password of that user into the file that PGPASSFILE names, mode 0600, as "
    "HOST:PORT:DATABASE:USER:PASSWORD, or correct the user in --database";
constexpr std::string_view reachable = "start the server, or correct host and port in --database";

/// The first that fits.
constexpr std::array remedies{
    Remedy{"database \"", "does not exist",
           "make it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, or correct its "
           "name in --database"},
    Remedy{"role \"", "does not exist",
           "make it with CREATE ROLE ... LOGIN, or correct the user in --database"},
    Remedy{"permission denied for database", "", "GRANT CONNECT ON DATABASE ... TO the user"},
    Remedy{"permission denied", "", own_role},
    Remedy{"must be owner of", "", own_role},
    Remedy{"no schema has been selected", "", own_role},
    Remedy{"authentication failed", "", own_login},
    Remedy{"no password supplied", "", own_login},
    Remedy{"pg_hba.conf", "", "let this host and user in with a line of the server's pg_hba.conf"},
    Remedy{"invalid sslmode value", "",
           "write sslmode=verify-full, or one of disable, allow, prefer, require and verify-ca, in "
           "--database"},
    Remedy{"root certificate file", "does not exist",
           "put the authority's certificate there, or name its file with sslrootcert= in "
           "--database"},
    Remedy{"percent-encoded", "",
           "write a % of a name or password as %25 in --database; a password is better kept in the "
           "file that PGPASSFILE names"},
    Remedy{"URI", "", "write --database postgresql://USER@HOST:PORT/NAME?PARAMETER=VALUE"},
    Remedy{"connection option", "", "correct it in --database"},
    Remedy{"Connection refused", "", reachable},
    Remedy{"No such file or directory", "", reachable},
    Remedy{"could not translate host name", "", reachable},
    Remedy{"timeout expired", "", reachable},
    Remedy{"No route to host", "", reachable},
    Remedy{"Network is unreachable", "", reachable},
    Remedy{"connection", "failed", "correct --database, or see the server's log"},
    Remedy{"does not exist", "", own_database},
    Remedy{"already exists", "", own_database},
    Remedy{"Expected 1 row", "", own_database},
    Remedy{"Could not convert", "", own_database},
};

/// As libpq reads it; what is no code stays.
auto decoded(std::string_view text) -> std::string {
  const auto digit = [](char one) -> int {
    if (one >= '0' && one <= '9') {
      return one - '0';
    }
    const char lower = static_cast<char>(one | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '%' && index + 2 < text.size() && digit(text[index + 1]) >= 0 &&
        digit(text[index + 2]) >= 0) {
      result += static_cast<char>(digit(text[index + 1]) * 16 + digit(text[index + 2]));
      index += 2;
    } else {
      result += text[index];
    }
  }
  return result;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != nowhere; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

/// Where a mistake tears the password apart, libpq quotes a piece of it as a host, a port, …
auto holds_a_piece(std::string_view quoted, const std::vector<std::string>& secrets) -> bool {
  constexpr std::string_view separators = "/@:?&=# ";
  for (const std::string_view secret : secrets) {
    for (auto begin = secret.find_first_not_of(separators); begin != nowhere;) {
      const auto end = secret.find_first_of(separators, begin);
      if (quoted.find(secret.substr(begin, end - begin)) != nowhere) {
        return true;
      }
      begin = secret.find_first_not_of(separators, end);
    }
  }
  return false;
}

auto without_passwords_of(std::string_view url, std::string text) -> std::string {
  std::vector<std::string> secrets;
  for (const auto part : io::passwords_in(url)) {
    secrets.emplace_back(part);
    secrets.push_back(decoded(part));
  }
  if (secrets.empty()) {
    return text;
  }
  const auto shown = io::without_password(url);
  for (const auto& secret : secrets) {
    // One that is also the name of the user or the database tells nothing by being there.
    if (shown.find(secret) == nowhere) {
      replace_all(text, secret, "***");
    }
  }
  // libpq quotes with "…" whatever it takes from the URL.
  for (auto open = text.find('"'); open != nowhere; open = text.find('"', open + 1)) {
    const auto close = text.find('"', open + 1);
    if (close == nowhere) {
      break;
    }
    const auto quoted = text.substr(open + 1, close - open - 1);
    open = close;
    if (shown.find(quoted) == nowhere && holds_a_piece(quoted, secrets)) {
      text.replace(close - quoted.size(), quoted.size(), "***");
      open = close - quoted.size() + 3;
    }
  }
  return text;
}

}  // namespace

auto in_one_line(std::string_view url, std::string_view reason) -> std::string {
  auto line = without_passwords_of(url, std::string{reason});
  line.erase(std::min(line.find('\n'), line.size()));
  replace_all(line, ":  ", ": ");
  return line;
}

auto with_remedy(std::string_view url, std::string_view reason) -> std::string {
  auto line = in_one_line(url, reason);
  for (const auto& remedy : remedies) {
    if (reason.find(remedy.sign) != nowhere && reason.find(remedy.second_sign) != nowhere) {
      return line.append(": ").append(remedy.what_to_do);
    }
  }
  return line + ": see --database and the server's log";
}

}  // namespace bornier::platform::postgres
