// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/broker_configuration.hpp"
#include "io/clock.hpp"
#include "modbus/serial_format.hpp"
#include "model/diagnostic.hpp"
#include "model/model.hpp"
#include "reading/pulse_index.hpp"
#include "reading/quantity.hpp"
#include "reading/time.hpp"
#include "wire/registers.hpp"
#include "wire/result.hpp"

/// The configuration file of a gateway, checked: whatever stands here can be acted upon.
namespace bornier::app {

using std::chrono::milliseconds;

enum class Confirm : std::uint8_t { platform, broker };
enum class Transport : std::uint8_t {
  tcp,
  rtu_over_tcp,  ///< a serial line behind a converter that only passes bytes
  rtu,           ///< a serial line of this machine
};

struct GatewaySettings {
  std::string id;
  std::string city;
  std::string timezone;  ///< IANA name
  std::filesystem::path state_directory;
  std::vector<std::filesystem::path>
      models;  ///< folders, searched in order before the built-in one
  io::ClockTrust clock{io::ClockTrust::automatic};
  milliseconds bus_health_every{};  ///< 0: buses have no points
};

struct BufferSettings {
  milliseconds commit_every{1'000};
  std::uint64_t max_bytes{512ULL << 20U};
  milliseconds max_age{std::chrono::days{30}};
  milliseconds keep_confirmed{std::chrono::days{7}};
  std::uint64_t memory{4ULL << 20U};
};

struct PlatformSettings : BrokerSettings {
  Confirm confirm{Confirm::platform};
  milliseconds batch_every{60'000};
  std::uint64_t batch_max{64ULL << 10U};
  std::uint64_t backlog_rate{50'000};  ///< bytes a second
};

/// Where accepted readings are published for those nearby.
struct LocalSettings : BrokerSettings {
  std::string topic{"bornier"};
  bool retain{};

  friend auto operator==(const LocalSettings&, const LocalSettings&) -> bool = default;
};

struct BusSettings {
  std::string name;
  Transport transport{};
  std::string host;  ///< with both over TCP
  std::uint16_t port{502};
  std::string device;  ///< with rtu, and the next two
  modbus::SerialFormat serial;
  bool rs485{true};                     ///< the driver switches the direction, where it can
  std::optional<milliseconds> timeout;  ///< instead of the model's
  std::optional<milliseconds> pause;    ///< instead of the model's

  friend auto operator==(const BusSettings&, const BusSettings&) -> bool = default;
};

/// Points of one meter that share a period.
struct PollSettings {
  milliseconds every{};
  std::vector<std::size_t> points;  ///< indexes of the model's points

  friend auto operator==(const PollSettings&, const PollSettings&) -> bool = default;
};

/// Where something is metered, and what people know of the device that does it today.
struct Identity {
  std::string id;
  std::string name;
  std::string code;
  std::string serial;
  std::string installed;  ///< date, as written
  std::map<std::string, std::string> labels;
};

/// Where something is metered, and the device that does it today.
struct MeteringPoint : Identity {
  std::string ratio;  ///< "ct=250/5 vt=20000/100"; empty if none is applied
  std::shared_ptr<const model::Model> model;
  std::optional<model::Settings>
      settings;  ///< choices that the model leaves to the installer; always set
};

/// A meter on a bus.
struct MeterSettings : MeteringPoint {
  std::size_t bus{};  ///< index
  wire::UnitId unit_id;
  bool writes_scan_list{};  ///< the list of the model may be written into the meter
  std::vector<PollSettings> polls;
};

/// A broker of the site, to which meters publish.
struct MqttBrokerSettings : BrokerSettings {
  std::string name;
  std::string client_id;                   ///< empty: made of the gateway's and the broker's names
  std::chrono::seconds session{86'400};    ///< so long the broker keeps messages for us
  std::uint32_t messages_per_second{200};  ///< of one topic; more is a flood

  friend auto operator==(const MqttBrokerSettings&, const MqttBrokerSettings&) -> bool = default;
};

/// A meter that speaks MQTT.
struct MqttMeterSettings : MeteringPoint {
  std::size_t broker{};                         ///< index
  std::map<std::string, std::string> captures;  ///< {device} and the like
  std::map<std::size_t, milliseconds> points;   ///< of the model, each with the span of which one
                                                ///< sample is kept; 0: all are
  milliseconds silent_after{};
};

/// What the pulses of a meter are worth from a time on.
struct PulsePeriod {
  reading::Stamp from;
  reading::PulseRule rule;
  std::string unit;  ///< of the index, UCUM
  /// What an auditor recomputes an index from: "10 L/{pulse}, 1234.56 m3 at count 0 from
  /// 2024-03-01T08:00:00Z, pulse_count_3 of node-1".
  std::string text;
  /// What the index falls by where the device's counter begins again at 0, for the catalog; empty
  /// where it is not known to.
  std::string rollover{};

  friend auto operator==(const PulsePeriod&, const PulsePeriod&) -> bool = default;
};

/// A meter whose pulses another device counts.
struct PulseMeterSettings : Identity {
  model::Protocol protocol{};  ///< of the device
  std::size_t device{};        ///< index into Configuration::meters or mqtt_meters
  std::size_t count{};         ///< index of the point of its model
  const reading::Quantity* quantity{};
  reading::Medium medium{};
  std::vector<PulsePeriod> periods;  ///< at least one, each later than the one before
  std::size_t period{};              ///< in force, see choose_periods
};

struct Configuration {
  std::string digest;  ///< of the file's text, to tell one version of it from another
  GatewaySettings gateway;
  BufferSettings buffer;
  std::optional<PlatformSettings> platform;  ///< without it readings are kept and wait
  std::optional<LocalSettings> local;
  std::vector<BusSettings> buses;
  std::vector<MeterSettings> meters;
  std::vector<MqttBrokerSettings> brokers;
  std::vector<MqttMeterSettings> mqtt_meters;
  std::vector<PulseMeterSettings> pulse_meters;
};

/// What a look-up of a model gives: the model, or all mistakes of its file, or nothing if no folder
/// has it.
struct ModelLookup {
  std::shared_ptr<const model::Model> model;
  std::vector<model::Diagnostic> diagnostics;
};

/// What the text is checked against. The functions are called while parsing only.
struct Surroundings {
  /// Told the folders that [gateway] names; returns the ids of all models there and in the usual
  /// places.
  std::function<std::vector<std::string>(const std::vector<std::filesystem::path>& folders)>
      choose_folders;
  std::function<ModelLookup(const std::string& id)> find_model;
  std::function<bool(const std::string& name)> is_timezone;
  /// The device that a link in /dev/serial stands for; the name itself if there is none.
  std::function<std::string(const std::string& device)> resolve_device;
};

/// All mistakes of the text at once, in the order of its lines. Touches no file itself.
[[nodiscard]] auto parse_configuration(std::string_view text, const std::string& file,
                                       const Surroundings& surroundings)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>>;

/// Where model files are looked for after the folders that were given: the operator's own, then the
/// shipped ones.
[[nodiscard]] auto model_folders(std::vector<std::filesystem::path> first)
    -> std::vector<std::filesystem::path>;

/// The model `id` from the first of the folders that has ID.toml.
[[nodiscard]] auto find_model(const std::vector<std::filesystem::path>& folders,
                              const std::string& id) -> ModelLookup;

/// Ids of all model files in the folders, sorted.
[[nodiscard]] auto list_models(const std::vector<std::filesystem::path>& folders)
    -> std::vector<std::string>;

/// Reads FILE and the model files that it names; relative paths in it count from its folder.
[[nodiscard]] auto load_configuration(const std::filesystem::path& file)
    -> wire::Result<Configuration, std::vector<model::Diagnostic>>;

}  // namespace bornier::app
