// SPDX-License-Identifier: Apache-2.0
#include "app/broker_configuration.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "io/broker_url.hpp"
#include "io/mqtt_client.hpp"
#include "io/tls_files.hpp"
#include "io/without_password.hpp"
#include "model/toml_reader.hpp"

namespace bornier::app {
namespace {

using model::TableReader;

/// True if the address asks for TLS.
auto check_broker(TableReader& settings, const std::string& broker) -> bool {
  if (broker.empty()) {
    return false;
  }
  const auto address = io::parse_broker(broker);
  const bool known_scheme = broker.starts_with("mqtt://") || broker.starts_with("mqtts://");
  if (!address || !known_scheme || address->host.find('@') != std::string::npos) {
    settings.complain(
        "broker",
        "`broker` is \"" + broker +
            "\"; write mqtts://HOST:PORT (or mqtt://HOST:PORT without encryption), with the "
            "user in `username`");
    return false;
  }
  return address->tls;
}

/// "[platform.tls]" of "[platform]", "[mqtt.tls]" of "[[mqtt]]".
auto name_of_tls(const TableReader& parent) -> std::string {
  auto name = parent.what();
  std::erase_if(name, [](char character) { return character == '[' || character == ']'; });
  return "[" + name + ".tls]";
}

void read_tls(TableReader& parent, model::Report& report, BrokerSettings& broker, bool encrypted) {
  const auto* table = parent.table("tls");
  if (table == nullptr) {
    return;
  }
  const auto name = name_of_tls(parent);
  TableReader settings{*table, name, report};
  broker.ca = settings.text("ca").value_or(std::string{});
  broker.certificate = settings.text("certificate").value_or(std::string{});
  broker.key = settings.text("key").value_or(std::string{});
  if (broker.certificate.empty() != broker.key.empty()) {
    settings.complain(broker.key.empty() ? "certificate" : "key",
                      "`certificate` and `key` belong together; name both files, or neither");
  }
  if (!encrypted && !broker.broker.empty()) {
    parent.complain("tls", name + " has no effect on " + io::without_password(broker.broker) +
                               "; write mqtts:// to encrypt");
  }
  settings.finish();
}

/// The first line of the file.
auto password_in(const std::filesystem::path& file, std::string_view who) -> std::string {
  std::string password;
  if (file.empty()) {
    return password;
  }
  std::ifstream in{file};
  const std::string reason = in.is_open() ? "it is empty" : std::strerror(errno);
  if (!std::getline(in, password)) {
    spdlog::error(
        "{}: no password can be read from {}: {}; the connection is tried without "
        "one; correct the file and start again",
        who, file.string(), reason);
  }
  return password;
}

}  // namespace

auto read_broker(TableReader& table, model::Report& report) -> BrokerSettings {
  BrokerSettings settings;
  settings.broker = table.required_text("broker");
  const bool encrypted = check_broker(table, settings.broker);
  settings.keepalive =
      table.duration("keepalive", {std::chrono::seconds{1}, std::chrono::hours{18}})
          .value_or(settings.keepalive);
  settings.username = table.text("username").value_or(std::string{});
  settings.password_file = table.text("password_file").value_or(std::string{});
  if (!settings.password_file.empty() && settings.username.empty()) {
    table.complain("password_file", "`password_file` needs a `username` beside it");
  }
  table.forbid("password",
               "a password does not stand in a configuration file; write it into a file of its own "
               "and name that as `password_file`");
  read_tls(table, report, settings, encrypted);
  return settings;
}

void resolve_paths(BrokerSettings& settings, const std::filesystem::path& base) {
  for (auto* path : {&settings.password_file, &settings.ca, &settings.certificate, &settings.key}) {
    if (!path->empty()) {
      *path = base / *path;
    }
  }
}

auto objections_to_files(const BrokerSettings& settings, reading::Stamp now)
    -> std::vector<std::string> {
  const io::TlsFiles files{
      .ca = settings.ca, .certificate = settings.certificate, .key = settings.key};
  auto list = io::check_tls_files(files, now);
  if (!settings.password_file.empty() && access(settings.password_file.c_str(), R_OK) != 0) {
    list.push_back(settings.password_file.string() +
                   ": the password file cannot be read; make it readable for this user");
  }
  return list;
}

auto mqtt_settings_of(const BrokerSettings& settings, std::string client_id, std::string_view who)
    -> io::MqttSettings {
  io::MqttSettings mqtt;
  mqtt.broker = settings.broker;
  mqtt.client_id = std::move(client_id);
  mqtt.username = settings.username;
  mqtt.password = password_in(settings.password_file, who);
  mqtt.tls = {.ca = settings.ca, .certificate = settings.certificate, .key = settings.key};
  mqtt.keep_alive = std::chrono::ceil<std::chrono::seconds>(settings.keepalive);
  return mqtt;
}

}  // namespace bornier::app
