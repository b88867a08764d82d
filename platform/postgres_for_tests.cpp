// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_for_tests.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "platform/postgres_database.hpp"

/// libpqxx 6.4.5 forgets one result (2 kB) of a connection that the server ends; the leak sanitizer
/// asks here what to overlook.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming): its name, not ours
extern "C" auto __lsan_default_suppressions() -> const char* {
  return "leak:libpqxx-6.4\n";
}

namespace bornier::platform {
namespace {

using namespace std::chrono_literals;

const std::string binaries = "/usr/lib/postgresql/15/bin/";
constexpr pqxx::oid boolean = 16;
constexpr pqxx::oid timestamptz = 1184;

/// Who may run the server where we are root.
auto unprivileged() -> const ::passwd* {
  const auto* user = ::getpwnam("postgres");
  return user ? user : ::getpwnam("nobody");
}

/// "2026-03-01 12:00:00.5+00" as "2026-03-01T12:00:00.500Z".
auto iso(std::string text) -> std::string {
  text.replace(text.find(' '), 1, "T");
  text.erase(text.find('+'));
  if (text.find('.') == std::string::npos) {
    text += '.';
  }
  text.append(24 - 1 - text.size(), '0');
  return text + "Z";
}

auto shown(const pqxx::field& field) -> std::string {
  if (field.is_null()) {
    return "-";
  }
  switch (field.type()) {
    case boolean: return field.as<bool>() ? "1" : "0";
    case timestamptz: return iso(field.c_str());
    default: return field.c_str();
  }
}

}  // namespace

PostgresServer::PostgresServer() {
  if (const auto* user = ::geteuid() == 0 ? unprivileged() : nullptr;
      user && ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error{"the folder cannot be given away"};
  }
  const auto made = launch({binaries + "initdb", "-D", folder_.path() / "data", "--no-sync", "-A",
                            "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"});
  int status = 0;
  ::waitpid(made, &status, 0);
  if (status != 0) {
    throw std::runtime_error{"initdb fails; see " + (folder_.path() / "log").string()};
  }
  start();
}

PostgresServer::~PostgresServer() {
  stop();
}

auto PostgresServer::shared() -> PostgresServer& {
  static PostgresServer server;
  return server;
}

auto PostgresServer::launch(std::vector<std::string> command) const -> ::pid_t {
  std::vector<char*> arguments;
  for (auto& argument : command) {
    arguments.push_back(argument.data());
  }
  arguments.push_back(nullptr);
  const auto log = folder_.path() / "log";
  const auto* user = ::geteuid() == 0 ? unprivileged() : nullptr;
  const auto process = ::fork();
  if (process == 0) {
    if (user && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
      ::_exit(126);
    }
    // After setuid, which would forget it.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir("/") == 0) {
      ::execv(arguments.front(), arguments.data());
    }
    ::_exit(127);
  }
  return process;
}

auto PostgresServer::url(const std::string& database) const -> std::string {
  return "postgresql:///" + database + "?user=postgres&host=" + folder_.path().string();
}

auto PostgresServer::create_database(const std::string& options) -> std::string {
  auto name = "city_" + std::to_string(++databases_);
  pqxx::connection connection{url("postgres")};
  pqxx::nontransaction{connection}.exec("CREATE DATABASE " + name + " " + options);
  return name;
}

void PostgresServer::stop() {
  if (process_ > 0) {
    ::kill(process_, SIGQUIT);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
}

void PostgresServer::start() {
  process_ = launch({binaries + "postgres", "-D", folder_.path() / "data", "-k", folder_.path(),
                     "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20"});
  for (int look = 0; look < 1200; ++look, std::this_thread::sleep_for(25ms)) {
    try {
      pqxx::connection connection{url("postgres")};
      pqxx::nontransaction{connection}.exec("SELECT 1");
      return;
    } catch (const pqxx::broken_connection&) {
    }
  }
  throw std::runtime_error{"PostgreSQL does not start; see " + (folder_.path() / "log").string()};
}

auto PostgresStore::open(const AsideLimits& aside)
    -> wire::Result<std::unique_ptr<Database>, Failure> {
  return open_postgres({url, aside, {}});
}

auto PostgresStore::query(const std::string& sql) -> Rows {
  pqxx::connection outsider{url + "&options=-c%20timezone%3DUTC"};
  Rows rows;
  for (const auto& row : pqxx::nontransaction{outsider}.exec(sql)) {
    auto& texts = rows.emplace_back();
    for (const auto& field : row) {
      texts.push_back(shown(field));
    }
  }
  return rows;
}

void PostgresStore::refuse(const std::string& table, const std::string& column,
                           const std::string& value) {
  query("ALTER TABLE " + table + " ADD CONSTRAINT refuse CHECK (" + column + " <> " + value + ")");
}

void PostgresStore::refuse_no_longer(const std::string& table) {
  query("ALTER TABLE " + table + " DROP CONSTRAINT refuse");
}

auto make_postgres_store() -> std::unique_ptr<TestStore> {
  return std::make_unique<PostgresStore>();
}

}  // namespace bornier::platform
