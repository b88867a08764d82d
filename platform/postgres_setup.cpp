// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_setup.hpp"

#include <stdexcept>

#include "platform/names.hpp"
#include "platform/postgres_values.hpp"
#include "platform/schema.hpp"
#include "reading/acquisition.hpp"

namespace bornier::platform::postgres {
namespace {

template <class Kind>
void add_labels(pqxx::work& work, const std::string& kind, Kind last) {
  for (int number = 0; number <= static_cast<int>(last); ++number) {
    const std::string text{to_text(static_cast<Kind>(number))};
    if (!text.empty()) {
      work.exec_params(
          "INSERT INTO label (kind, number, text) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", kind,
          number, text);
    }
  }
}

}  // namespace

auto with_defaults(std::string url) -> std::string {
  // While an answer is awaited nothing is sent, so tcp_user_timeout alone would wait for ever.
  for (const std::string parameter :
       {"connect_timeout=5", "tcp_user_timeout=20000", "keepalives_idle=10",
        "keepalives_interval=5", "keepalives_count=3", "application_name=bornier-platform"}) {
    const auto name = parameter.substr(0, parameter.find('=') + 1);
    if (url.find('?' + name) == std::string::npos && url.find('&' + name) == std::string::npos) {
      url += url.find('?') == std::string::npos ? '?' : '&';
      url += parameter;
    }
  }
  return url;
}

auto migrations() -> std::span<const Migration> {
  return {};
}

void set_up(pqxx::connection& connection, std::span<const Migration> steps) {
  pqxx::work work{connection};
  take(work, Lock::setup);
  if (const std::string encoding = work.exec1("SHOW server_encoding")[0].c_str();
      encoding != "UTF8") {
    throw std::runtime_error{"the database's encoding is " + encoding +
                             ", which does not hold every text: make another one with CREATE "
                             "DATABASE ... ENCODING 'UTF8' TEMPLATE template0"};
  }
  if (work.exec1("SELECT to_regclass('schema_version')")[0].is_null()) {
    work.exec(postgres_schema);
    work.exec_params("INSERT INTO schema_version (major, minor) VALUES ($1, 0)", major_version);
  }
  const auto version = work.exec1("SELECT major, minor FROM schema_version");
  const int major = version[0].as<int>();
  int minor = version[1].as<int>();
  if (major != major_version) {
    throw std::runtime_error{"its schema has version " + std::to_string(major) + "." +
                             std::to_string(minor) + ", this bornier-platform knows " +
                             std::to_string(major_version) +
                             " only: run the one that made it, or give this one another database"};
  }
  for (const auto& step : steps) {
    if (step.minor > minor) {
      work.exec(step.sql);
      minor = step.minor;
      work.exec_params("UPDATE schema_version SET minor = $1", minor);
    }
  }
  add_labels(work, "state", reading::Acquisition::unsupported);
  add_labels(work, "event", reading::EventKind{UINT8_MAX});
  add_labels(work, "gap", reading::GapReason{UINT8_MAX});
  work.commit();
}

auto connect(const std::string& url) -> std::unique_ptr<pqxx::connection> {
  auto connection = std::make_unique<pqxx::connection>(with_defaults(url));
  // What was looked up and prepared goes with the connection: a new one starts afresh, on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  pqxx::nontransaction work{*connection};
  work.exec("SET client_min_messages = error");
  // Gateways send UTF-8, whatever the user's environment or role says.
  work.exec("SET client_encoding = 'UTF8'");
  work.exec("SET timezone = 'UTC'");
  work.exec("SET lock_timeout = '30s'");
  work.exec("SET statement_timeout = '120s'");
  work.exec("SET idle_in_transaction_session_timeout = '60s'");
  // Who waited for another receiver's row has to see it then.
  work.exec("SET default_transaction_isolation = 'read committed'");
  // A confirmation deletes data: it may not come before the sync, whatever the server's default is.
  work.exec(
      "SELECT set_config('synchronous_commit', 'on', false) "
      "WHERE current_setting('synchronous_commit') = 'off'");
  return connection;
}

}  // namespace bornier::platform::postgres
