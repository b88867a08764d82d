// SPDX-License-Identifier: Apache-2.0
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

#include "batch/protobuf_log.hpp"
#include "io/clock.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"
#include "io/without_password.hpp"
#include "platform/metrics_server.hpp"
#include "platform/option_checks.hpp"
#include "platform/postgres_database.hpp"
#include "platform/retention.hpp"
#include "platform/service.hpp"
#include "platform/share.hpp"
#include "platform/sqlite_database.hpp"
#include "platform/swarm_command.hpp"

namespace {

using namespace bornier;
namespace asio = boost::asio;

constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr std::string_view sqlite_scheme = "sqlite:";
constexpr std::string_view postgres_scheme = "postgresql://";

struct ReceiverOptions {
  platform::ServiceSettings service;
  std::string database;
  std::string share;
  std::string keep_detail;
  std::string keep_billing;
  std::string password_file;
  std::uint32_t commit_every_ms = 100;
  std::uint32_t silent_after_s = 150;
};

auto host_name() -> std::string {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "host";
}

auto is_keep(const std::string& text) -> std::string {
  return platform::parse_keep(text) ? std::string{} : text + " is not a time like 90d, 12w or 10y";
}

auto is_publishable(const std::string& topic) -> std::string {
  return topic.find_first_of("+#") == std::string::npos
             ? std::string{}
             : "'" + topic + "' has a wildcard, which nobody can publish to";
}

auto is_metrics_address(const std::string& text) -> std::string {
  return platform::MetricsServer::is_address(text)
             ? std::string{}
             : "'" + text + "' is not a numeric HOST:PORT like 127.0.0.1:9464 or [::1]:9464";
}

auto is_sqlite(const std::string& database) -> bool {
  return database.starts_with(sqlite_scheme);
}

auto is_known(const std::string& database) -> bool {
  return (is_sqlite(database) && database.size() > sqlite_scheme.size()) ||
         database.starts_with(postgres_scheme);
}

auto share_of(const ReceiverOptions& options) -> platform::Share {
  return platform::parse_share(options.share).value_or(platform::Share{});
}

/// What options contradict each other; empty: none.
auto mistake_in(const ReceiverOptions& options) -> std::string {
  if (!is_known(options.database)) {
    return "--database: '" + io::without_password(options.database) +
           "' is not a database that this version knows: write sqlite:FILE or "
           "postgresql://USER@HOST/NAME";
  }
  if (is_sqlite(options.database) &&
      (!options.keep_detail.empty() || !options.keep_billing.empty())) {
    return "--keep-detail and --keep-billing: SQLite keeps everything; PostgreSQL drops what is "
           "older";
  }
  if (!share_of(options).group.empty() && options.service.mqtt.client_id.empty()) {
    return "--share " + options.share +
           ": each receiver of a group needs a session of its own, or they push each other out: "
           "add --client-id NAME, another name for each";
  }
  return {};
}

auto open_database(const ReceiverOptions& options)
    -> wire::Result<std::unique_ptr<platform::Database>, platform::Failure> {
  if (is_sqlite(options.database)) {
    return platform::open_sqlite(options.database.substr(sqlite_scheme.size()));
  }
  const platform::Retention retention{platform::parse_keep(options.keep_detail),
                                      platform::parse_keep(options.keep_billing)};
  return platform::open_postgres({options.database, {}, retention});
}

void add_options(CLI::App& run, ReceiverOptions& options) {
  auto& service = options.service;
  auto& mqtt = service.mqtt;
  run.add_option("--broker", mqtt.broker, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
      ->required()
      ->check(platform::check_broker);
  run.add_option("--database", options.database,
                 "sqlite:FILE, made if it does not exist, or postgresql://USER@HOST/NAME")
      ->required();
  run.add_option("--keep-detail", options.keep_detail,
                 "How long detail readings are kept in PostgreSQL, e.g. 90d; default for ever")
      ->check(is_keep);
  run.add_option("--keep-billing", options.keep_billing, "The same for billing readings, e.g. 10y")
      ->check(is_keep);
  run.add_option("--ca", mqtt.tls.ca, "PEM file with the authority that signed the broker");
  run.add_option("--certificate", mqtt.tls.certificate, "PEM file with our certificate");
  run.add_option("--key", mqtt.tls.key, "PEM file with our key");
  run.add_option("--username", mqtt.username, "Name at the broker");
  run.add_option("--password-file", options.password_file, "File whose first line is the password");
  run.add_option("--client-id", mqtt.client_id,
                 "Our session at the broker: it stays the same and belongs to one receiver only; "
                 "another one when --share or --city changes; default bornier-platform-HOST, with "
                 "the city and the part that this receiver keeps to; a group has no default")
      ->check(platform::check_client_id);
  run.add_option("--city", service.city, "Only this city's gateways")->check(platform::check_city);
  run.add_option(
         "--share", options.share,
         "With several receivers: a group whose members get each batch once (MQTT 5), or 1/3, "
         "2/3, 3/3: each its own third of the gateways (any broker)")
      ->check(platform::check_share);
  run.add_option("--republish", service.republish,
                 "Publish what is stored as JSON on this topic; {city} and {gateway} are filled in")
      ->check(is_publishable);
  run.add_option("--commit-every", options.commit_every_ms,
                 "Milliseconds in which batches are collected for one commit")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  run.add_option("--metrics", service.metrics,
                 "HOST:PORT, numeric: answers GET /metrics in Prometheus' format")
      ->check(is_metrics_address);
  run.add_option("--silent-after", options.silent_after_s,
                 "Seconds without a word of a gateway until it counts as silent")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  run.add_option("--ready-file", service.ready_file, "Written once the subscriptions are in place");
  run.footer(
      "Examples:\n"
      "  bornier-platform run --broker mqtt://127.0.0.1 --database sqlite:city.db\n"
      "  bornier-platform run --broker mqtts://broker.city.example --database "
      "sqlite:/var/lib/bornier-platform/city.db \\\n"
      "    --ca ca.pem --certificate platform.pem --key platform.key --city tolyatti\n"
      "  bornier-platform run --broker mqtts://broker.city.example --database "
      "postgresql://bornier@db.city.example/city \\\n"
      "    --ca ca.pem --certificate platform.pem --key platform.key --keep-detail 90d "
      "--keep-billing 10y\n"
      "Then: sqlite3 city.db 'SELECT * FROM latest_view'");
}

auto read_password(const std::string& file) -> std::optional<std::string> {
  std::ifstream stream{file};
  std::string password;
  if (!std::getline(stream, password)) {
    return std::nullopt;
  }
  return password;
}

/// CLI11 says of a command that it does not know only that one is required.
auto complain_of_unknown_command(const CLI::App& app, const std::string& name) -> bool {
  if (name.starts_with('-')) {
    return false;
  }
  std::string known;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == name) {
      return false;
    }
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  std::cerr << "there is no command `" << io::without_password(name) << "`, only " << known
            << "\nRun with --help for more information.\n";
  return true;
}

void set_up_log() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("platform"));
  // journald writes the time itself.
  spdlog::set_pattern(std::getenv("JOURNAL_STREAM") ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$: %v",
                      spdlog::pattern_time_type::utc);
}

auto stop_on_signal(platform::Service& service) -> asio::awaitable<void> {
  co_await io::stop_requested();
  spdlog::info("stopping");
  io::notify_stopping();
  service.stop();
}

auto run_to_the_end(platform::Service& service, asio::io_context& loop) -> asio::awaitable<void> {
  co_await service.run();
  loop.stop();
}

auto receive(ReceiverOptions options) -> int {
  set_up_log();
  auto& mqtt = options.service.mqtt;
  if (!options.password_file.empty()) {
    const auto password = read_password(options.password_file);
    if (!password) {
      spdlog::error("{}: cannot be read, or is empty; its first line is the password",
                    options.password_file);
      return failed;
    }
    mqtt.password = *password;
  }
  const io::SystemClock clock;
  const auto mistakes = io::check_tls_files(mqtt.tls, clock.now().stamp);
  for (const auto& mistake : mistakes) {
    spdlog::error("{}", mistake);
  }
  if (!mistakes.empty()) {
    return failed;
  }
  auto database = open_database(options);
  if (!database) {
    const auto where =
        is_sqlite(options.database) ? options.database : io::without_password(options.database);
    spdlog::error("--database {}: {}", where, database.error().text);
    return failed;
  }
  // One of an earlier run would promise too much.
  std::error_code ignored;
  std::filesystem::remove(options.service.ready_file, ignored);
  options.service.share = share_of(options);
  if (mqtt.client_id.empty()) {
    mqtt.client_id =
        platform::default_client_id(host_name(), options.service.city, options.service.share);
  }
  options.service.limits.collect = std::chrono::milliseconds{options.commit_every_ms};
  options.service.limits.silent_after = std::chrono::seconds{options.silent_after_s};
  // The broker keeps what comes while we restart.
  mqtt.session_expiry = std::chrono::hours{24};
  mqtt.incoming_limit = 10'000;

  asio::io_context loop{1};
  auto service = platform::Service::create(loop.get_executor(), clock, std::move(options.service),
                                           std::move(*database));
  if (!service) {
    spdlog::error("{}", service.error().text);
    return failed;
  }
  io::spawn(loop.get_executor(), stop_on_signal(**service), "signals");
  io::spawn(loop.get_executor(), run_to_the_end(**service, loop), "receiver");
  loop.run();
  return EXIT_SUCCESS;
}

}  // namespace

auto main(int argc, char** argv) -> int {
  // Who lives where with which consumption is nobody else's business: the database is 0640.
  umask(S_IWGRP | S_IRWXO);
  batch::silence_protobuf();
  CLI::App app{"The city side of Bornier: receives, stores and confirms what gateways send."};
  app.set_version_flag("--version", BORNIER_VERSION);
  app.require_subcommand(1);
  ReceiverOptions options;
  auto& run_command = *app.add_subcommand("run", "Runs the receiver");
  add_options(run_command, options);
  const auto swarm = platform::add_swarm(app);
  if (argc > 1 && complain_of_unknown_command(app, argv[1])) {
    return wrong_usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream complaint;
    if (app.exit(error, std::cout, complaint) == EXIT_SUCCESS) {
      return EXIT_SUCCESS;
    }
    const std::span arguments{argv, static_cast<std::size_t>(argc)};
    std::cerr << platform::without_passwords(complaint.str(), arguments);
    return wrong_usage;
  }
  if (!run_command.parsed()) {
    set_up_log();
    return swarm();
  }
  if (const auto mistake = mistake_in(options); !mistake.empty()) {
    std::cerr << mistake << '\n';
    return wrong_usage;
  }
  return receive(std::move(options));
}
