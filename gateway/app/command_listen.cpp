// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "app/broker_configuration.hpp"
#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/hypotheses.hpp"
#include "app/listen_report.hpp"
#include "app/scan_progress.hpp"
#include "intake/recognise.hpp"
#include "io/broker_url.hpp"
#include "io/mqtt_client.hpp"
#include "io/signals.hpp"
#include "io/spawn.hpp"

namespace bornier::app {
namespace {

using namespace std::chrono_literals;

constexpr auto look_at_signals_every = 100ms;
constexpr auto look_for_devices_every = 500ms;
constexpr std::size_t most_strangers_in_a_table = 30;
/// All that a broker has retained comes at once.
constexpr std::size_t most_waiting_messages = 50'000;
constexpr std::size_t most_waiting_bytes = std::size_t{64} << 20U;

struct ListenOptions {
  BrokerSettings broker;
  std::string password_file, ca, certificate, key;
  std::string configuration;
  std::string name;  ///< of a broker there
  std::vector<std::string> topics;
  unsigned seconds = 60;
  std::vector<std::string> models;
  Format format = Format::table;
  bool raw = false;
};

/// The broker that is listened to, and what is configured for it.
struct ListenPlace {
  BrokerSettings broker;
  std::string name;
  std::vector<MqttMeterSettings> meters;
  std::vector<std::string> ids;
  std::vector<std::filesystem::path> models;
};

/// What has come, and why it ended.
struct Listening {
  intake::Recogniser recogniser;
  std::uint64_t dropped{};
  bool stopped{};       ///< by a signal
  bool connected{};     ///< once
  std::string failure;  ///< one sentence; empty: the time is over
};

auto place_of_file(const ListenOptions& options) -> std::optional<ListenPlace> {
  auto configuration = load_or_complain(options.configuration);
  if (!configuration) {
    return std::nullopt;
  }
  std::string names;
  std::optional<std::size_t> chosen;
  for (std::size_t index = 0; index < configuration->brokers.size(); ++index) {
    const auto& name = configuration->brokers[index].name;
    names += (names.empty() ? "" : ", ") + name;
    if (name == options.name || (options.name.empty() && configuration->brokers.size() == 1)) {
      chosen = index;
    }
  }
  if (!chosen) {
    std::cerr << options.configuration << ": "
              << (names.empty() ? "there is no [[mqtt]]; name a broker with --broker instead"
                                : "name one of the brokers behind the file: " + names)
              << "\n";
    return std::nullopt;
  }
  ListenPlace place;
  place.broker = configuration->brokers[*chosen];
  place.name = configuration->brokers[*chosen].name;
  for (const auto& meter : configuration->mqtt_meters) {
    place.ids.push_back(meter.id);
    if (meter.broker == *chosen) {
      place.meters.push_back(meter);
    }
  }
  for (const auto& meter : configuration->meters) {
    place.ids.push_back(meter.id);
  }
  for (const auto& folder : configuration->gateway.models) {
    place.models.push_back(std::filesystem::path{options.configuration}.parent_path() / folder);
  }
  return place;
}

auto place_of_options(const ListenOptions& options) -> ListenPlace {
  ListenPlace place;
  place.broker = options.broker;
  for (const auto& [path, text] : {std::pair{&place.broker.password_file, &options.password_file},
                                   std::pair{&place.broker.ca, &options.ca},
                                   std::pair{&place.broker.certificate, &options.certificate},
                                   std::pair{&place.broker.key, &options.key}}) {
    *path = text->empty() ? std::filesystem::path{} : std::filesystem::absolute(*text);
  }
  return place;
}

/// Tells each device once, and again if it turns out to be something else.
void tell_new_devices(const intake::Recogniser& recogniser, ScanProgress& progress,
                      std::map<std::string, std::string>& told) {
  for (const auto& device : recogniser.devices()) {
    auto key = device.device;
    for (const auto& [name, value] : device.captures) {
      key += "\n" + name + "\n" + value;
    }
    if (std::exchange(told[key], device.model->id) != device.model->id) {
      progress.say(line_of(device));
    }
  }
}

class Listener {
 public:
  Listener(const ListenOptions& options, const io::Clock& clock, io::MqttClient& client,
           ScanProgress& progress, Listening& listening)
      : options_{options},
        clock_{clock},
        client_{client},
        progress_{progress},
        listening_{listening} {}

  auto run() -> boost::asio::awaitable<void> {
    client_.connect();
    while (!listening_.stopped && listening_.failure.empty() && !is_over()) {
      const auto until = clock_.now().instant + look_at_signals_every;
      const auto event = co_await client_.next(until);
      if (event) {
        co_await take(*event);
      }
      if (!options_.raw && clock_.now().instant >= look_at_) {
        look();
      }
    }
    listening_.dropped = client_.dropped();
    if (client_.is_connected()) {
      co_await client_.disconnect();
    }
  }

 private:
  [[nodiscard]] auto is_over() const -> bool { return end_ && clock_.now().instant >= *end_; }

  auto take(const io::MqttEvent& event) -> boost::asio::awaitable<void> {
    if (const auto* message = std::get_if<io::MqttMessage>(&event)) {
      const auto now = clock_.now().stamp;
      if (options_.raw) {
        std::cout << raw_line(message->topic, message->payload, message->retained, now) << "\n"
                  << std::flush;
      }
      listening_.recogniser.hear(message->topic, message->payload, message->retained, now);
    } else if (const auto* down = std::get_if<io::MqttDisconnected>(&event)) {
      listening_.failure = down->reason;
    } else if (std::holds_alternative<io::MqttConnected>(event)) {
      co_await subscribe();
    }
  }

  auto subscribe() -> boost::asio::awaitable<void> {
    listening_.connected = true;
    auto filters = options_.topics;
    const auto done = co_await client_.subscribe(std::move(filters));
    if (!done) {
      listening_.failure = done.error() +
                           "; ask for topics that this user may read with --topic, or see the "
                           "broker's access rules";
    }
    end_ = clock_.now().instant + std::chrono::seconds{options_.seconds};
  }

  void look() {
    const auto now = clock_.now().instant;
    look_at_ = now + look_for_devices_every;
    tell_new_devices(listening_.recogniser, progress_, told_);
    if (!end_) {
      return;
    }
    const auto left =
        std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(*end_ - now).count());
    const auto done =
        options_.seconds - std::min<std::size_t>(options_.seconds, static_cast<std::size_t>(left));
    progress_.show(done, options_.seconds,
                   std::to_string(listening_.recogniser.figures().messages) + " messages, " +
                       std::to_string(told_.size()) + " devices found, " + std::to_string(left) +
                       " s left, Ctrl-C ends it",
                   now);
  }

  const ListenOptions& options_;
  const io::Clock& clock_;
  io::MqttClient& client_;
  ScanProgress& progress_;
  Listening& listening_;
  std::optional<reading::Instant> end_;
  reading::Instant look_at_;
  std::map<std::string, std::string> told_;
};

auto carry_out_listening(Listener& listener, boost::asio::io_context& context)
    -> boost::asio::awaitable<void> {
  co_await listener.run();
  context.stop();
}

auto note_signal(bool& stopped) -> boost::asio::awaitable<void> {
  static_cast<void>(co_await io::stop_requested());
  stopped = true;
}

void print_listened(const ListenReport& report, Format format, std::uint64_t dropped) {
  for (const auto& remark : remarks_of(report, dropped)) {
    std::cerr << remark << "\n";
  }
  if (format != Format::table) {
    std::cout << to_text(table_of(report, report.strangers.size()), format) << std::flush;
    return;
  }
  if (report.devices.empty() && report.strangers.empty()) {
    return;
  }
  if (report.strangers.size() > most_strangers_in_a_table) {
    std::cerr << "of what no model reads the " << most_strangers_in_a_table << " busiest of "
              << report.strangers.size() << " are shown; --format csv has all\n";
  }
  std::cout << to_text(table_of(report, most_strangers_in_a_table), format);
  if (const auto blocks = blocks_of(report); !blocks.empty()) {
    std::cout << "\n" << blocks;
  }
  std::cout << std::flush;
}

void complain_of_silence(const ListenOptions& options, bool stopped) {
  std::cerr << "no message came" << (stopped ? "" : " in " + std::to_string(options.seconds) + " s")
            << "; check that the devices publish to this broker, that its access rules let this "
               "user read "
            << options.topics.front()
            << ", and listen for longer (--seconds) to those that rarely send\n";
}

/// The exit code.
auto conclude(const Listening& listening, const ListenOptions& options, const ListenPlace& place)
    -> int {
  const auto messages = listening.recogniser.figures().messages;
  if (!listening.failure.empty()) {
    std::cerr << listening.failure << "\n";
  } else if (listening.stopped) {
    std::cerr << "stopped; this came until then\n";
  }
  if (options.raw) {
    std::cerr << messages << " messages\n";
  } else if (messages > 0 || (options.format != Format::table && listening.failure.empty())) {
    auto report = report_of(listening.recogniser, place.meters);
    report.broker = place.broker;
    report.name = place.name;
    report.in_use = place.ids;
    print_listened(report, options.format, listening.dropped);
  }
  if (!listening.failure.empty()) {
    return 1;
  }
  if (messages == 0) {
    complain_of_silence(options, listening.stopped);
  }
  return messages > 0 ? 0 : 1;
}

auto run_listen(const ListenOptions& options) -> int {
  auto place = options.configuration.empty() ? std::optional{place_of_options(options)}
                                             : place_of_file(options);
  if (!place) {
    return 1;
  }
  const io::SystemClock clock;
  if (const auto objections = objections_to_files(place->broker, clock.now().stamp);
      !objections.empty()) {
    for (const auto& objection : objections) {
      std::cerr << objection << "\n";
    }
    return 1;
  }
  auto folders = place->models;
  folders.insert(folders.begin(), options.models.begin(), options.models.end());
  Listening listening{
      .recogniser = intake::Recogniser{load_models(model_folders(folders), model::Protocol::mqtt)},
      .failure = {}};
  auto mqtt =
      mqtt_settings_of(place->broker, "bornier-listen-" + std::to_string(::getpid()), "listen");
  mqtt.incoming_limit = most_waiting_messages;
  mqtt.incoming_bytes_limit = most_waiting_bytes;
  ScanProgress progress{std::cerr, ::isatty(STDERR_FILENO) == 1};
  boost::asio::io_context context{1};
  io::MqttClient client{context.get_executor(), clock, std::move(mqtt)};
  Listener listener{options, clock, client, progress, listening};
  io::spawn(context.get_executor(), carry_out_listening(listener, context), "listen");
  io::spawn(context.get_executor(), note_signal(listening.stopped), "signals");
  context.run();
  progress.clear();
  return conclude(listening, options, *place);
}

/// MQTT 5, section 4.7.1.
auto is_topic_filter(std::string_view filter) -> bool {
  bool ended = filter.empty() || filter.find('\0') != std::string_view::npos;
  for (std::size_t from = 0; !ended && from != std::string_view::npos;) {
    const auto slash = filter.find('/', from);
    const auto level = filter.substr(from, slash - from);
    const bool alone = level == "+" || level.find_first_of("+#") == std::string_view::npos;
    const bool last = level == "#" && slash == std::string_view::npos;
    ended = !alone && !last;
    from = slash == std::string_view::npos ? slash : slash + 1;
  }
  return !ended;
}

void check_listen(ListenOptions& options) {
  const auto& url = options.broker.broker;
  if (options.configuration.empty() && url.empty()) {
    throw CLI::RequiredError("--broker mqtt://HOST[:PORT], or -c FILE [NAME],");
  }
  const auto address = io::parse_broker(url);
  const bool known_scheme = url.starts_with("mqtt://") || url.starts_with("mqtts://");
  if (!url.empty() && (!address || !known_scheme || address->host.find('@') != std::string::npos)) {
    throw CLI::ValidationError("--broker",
                               "write mqtt://HOST[:PORT], or mqtts:// with encryption, and the "
                               "user as --username");
  }
  if (!url.empty() && !address->tls && !(options.ca + options.certificate + options.key).empty()) {
    throw CLI::ValidationError("--ca", "it has no effect on mqtt://; write mqtts:// to encrypt");
  }
  for (const auto& filter : options.topics) {
    if (!is_topic_filter(filter)) {
      throw CLI::ValidationError(
          "--topic",
          "that is no filter of topics; + stands for a whole level, # for all that "
          "follows, as in shellies/+/emeter/#");
    }
  }
  if (options.topics.empty()) {
    options.topics = {"#"};
  }
}

void add_broker_options(CLI::App& command, ListenOptions& options) {
  auto* file = command
                   .add_option("-c,--configuration", options.configuration,
                               "Take the broker from this configuration, and mark what it has")
                   ->type_name("FILE");
  command.add_option("name", options.name, "Its name there, if there are several")->needs(file);
  auto* broker = command.add_option("--broker", options.broker.broker, "Where to listen")
                     ->type_name("URL")
                     ->excludes(file);
  auto* user =
      command.add_option("--username", options.broker.username, "For the broker")->needs(broker);
  command.add_option("--password-file", options.password_file, "Whose first line is the password")
      ->needs(user)
      ->type_name("FILE");
  command.add_option("--ca", options.ca, "Whose certificates the broker may have")
      ->needs(broker)
      ->type_name("FILE");
  auto* certificate = command.add_option("--certificate", options.certificate, "Ours")
                          ->needs(broker)
                          ->type_name("FILE");
  auto* key = command.add_option("--key", options.key, "Of our certificate")
                  ->needs(certificate)
                  ->type_name("FILE");
  certificate->needs(key);
}

}  // namespace

void add_listen(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<ListenOptions>();
  auto* command = app.add_subcommand(
      "listen", "Shows which meters publish on a broker, and the configuration that reads them");
  add_broker_options(*command, *options);
  command->add_option("--topic", options->topics, "Only these; default #")
      ->allow_extra_args(false)
      ->type_name("FILTER");
  command->add_option("--seconds", options->seconds, "How long (default 60)")
      ->check(CLI::Range(1U, 604'800U))
      ->type_name("N");
  auto* raw = command->add_flag("--raw", options->raw, "Print every message as it comes instead");
  add_models_option(*command, options->models);
  add_format_option(*command, options->format);
  command->get_option("--format")->excludes(raw);
  command->footer(
      "Only listens, as a client of its own. Ctrl-C ends it with what came until then.\n"
      "Examples: bornier listen --broker mqtt://10.4.0.2\n"
      "          bornier listen --broker mqtts://broker.example --ca ca.pem --username me "
      "--password-file secret --topic 'shellies/#'\n"
      "          bornier listen -c /etc/bornier/gateway.toml lan --seconds 300\n"
      "          bornier listen --broker mqtt://10.4.0.2 --raw");
  command->callback([options, &chosen] {
    check_listen(*options);
    chosen = [options] { return run_listen(*options); };
  });
}

}  // namespace bornier::app
