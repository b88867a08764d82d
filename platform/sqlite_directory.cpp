// SPDX-License-Identifier: Apache-2.0
#include "platform/sqlite_directory.hpp"

#include <optional>

#include "platform/catalog_rules.hpp"
#include "platform/names.hpp"

namespace bornier::platform {
SqliteDirectory::SqliteDirectory(const SQLite::Database& database)
    : add_gateway_{database, "INSERT INTO gateway (city, name) VALUES (?, ?) RETURNING id"},
      find_gateway_{database, "SELECT id FROM gateway WHERE city = ? AND name = ?"},
      add_stream_{database, "INSERT INTO stream (gateway, name) VALUES (?, ?) RETURNING id"},
      find_stream_{database, "SELECT id FROM stream WHERE gateway = ? AND name = ?"},
      load_definitions_{database, "SELECT number, id, point FROM definition WHERE stream = ?"},
      load_meters_{database, "SELECT number, meter FROM device WHERE stream = ?"},
      find_name_{database,
                 "SELECT m.name || '/' || p.name FROM point p JOIN meter m ON m.id = p.meter "
                 "WHERE p.id = ?"},
      add_catalog_{database,
                   "INSERT INTO catalog (stream, revision, received_at, payload) "
                   "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"},
      find_catalog_{database,
                    "SELECT payload FROM catalog WHERE stream = ? ORDER BY revision DESC LIMIT 1"},
      add_meter_{database, "INSERT INTO meter (gateway, name) VALUES (?, ?) RETURNING id"},
      find_meter_{database, "SELECT id FROM meter WHERE gateway = ? AND name = ?"},
      add_device_{database,
                  "INSERT INTO device (stream, number, meter, name, code, serial, model, "
                  "model_version, ratio, labels, valid_from, valid_to) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                  "ON CONFLICT (stream, number) DO UPDATE SET name = excluded.name, "
                  "code = excluded.code, labels = excluded.labels, valid_to = excluded.valid_to"},
      find_device_{database, "SELECT id FROM device WHERE stream = ? AND number = ?"},
      add_point_{database, "INSERT INTO point (meter, name) VALUES (?, ?) RETURNING id"},
      find_point_{database, "SELECT id FROM point WHERE meter = ? AND name = ?"},
      add_definition_{database,
                      "INSERT INTO definition (stream, number, point, device, quantity, medium, "
                      "phase, tariff, obis, unit, kind, class, labels) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                      "ON CONFLICT (stream, number) DO NOTHING"},
      find_definition_{database, "SELECT id FROM definition WHERE stream = ? AND number = ?"} {}

auto SqliteDirectory::gateway(const std::string& city, const std::string& name) -> std::int64_t {
  auto& id = gateways_[city + '/' + name];
  if (id == 0) {
    auto found = find_gateway_.integer(city, name);
    id = found ? *found : add_gateway_.integer(city, name).value_or(0);
  }
  return id;
}

auto SqliteDirectory::stream(const std::string& city, const std::string& gateway_name,
                             batch::StreamId stream_id) -> StreamKeys& {
  const auto name = to_text(stream_id);
  auto& stream = streams_[city + '/' + gateway_name + '/' + name];
  if (stream.id == 0) {
    const auto gateway_id = gateway(city, gateway_name);
    const auto found = find_stream_.integer(gateway_id, name);
    const auto id = found ? *found : add_stream_.integer(gateway_id, name).value_or(0);
    stream.gateway = gateway_id;
    stream.id = id;
    load(stream);
  }
  return stream;
}

void SqliteDirectory::load(StreamKeys& stream) {
  load_definitions_.each(
      [&stream](SQLite::Statement& row) {
        stream.definitions[row.getColumn(0).getUInt()] =
            StreamKeys::Definition{row.getColumn(1).getInt64(), row.getColumn(2).getInt64()};
      },
      stream.id);
  load_meters_.each(
      [&stream](SQLite::Statement& row) {
        stream.meters[row.getColumn(0).getUInt()] = row.getColumn(1).getInt64();
      },
      stream.id);
}

auto SqliteDirectory::name_of(const StreamKeys::Definition& definition) -> std::string {
  std::string name;
  find_name_.each([&name](SQLite::Statement& row) { name = row.getColumn(0).getString(); },
                  definition.point);
  return name;
}

auto SqliteDirectory::newest_catalog(const StreamKeys& stream) -> std::optional<batch::Catalog> {
  std::optional<batch::Catalog> newest;
  find_catalog_.each(
      [&newest](SQLite::Statement& row) {
        const auto payload = row.getColumn(0);
        const std::span bytes{static_cast<const std::byte*>(payload.getBlob()),
                              static_cast<std::size_t>(payload.getBytes())};
        if (auto catalog = batch::decode_catalog(bytes)) {
          newest = std::move(*catalog);
        }
      },
      stream.id);
  return newest;
}

auto SqliteDirectory::learn(const CatalogArrival& arrival) -> Verdict {
  const auto& catalog = arrival.catalog;
  auto& known = stream(catalog.city, catalog.gateway, catalog.stream);
  const auto verdict = judge(catalog, newest_catalog(known));
  if (verdict == Verdict::conflict) {
    contested_.insert(known.id);
  }
  if (verdict != Verdict::stored) {
    return verdict;
  }
  add_catalog_.run(known.id, catalog.revision.value(),
                   reading::milliseconds_since_1970(arrival.received_at),
                   std::span{arrival.payload});
  for (const auto& meter : catalog.meters) {
    add_device(known, meter);
  }
  for (const auto& point : catalog.points) {
    add_definition(known, point);
  }
  return Verdict::stored;
}

void SqliteDirectory::add_device(StreamKeys& stream, const batch::CatalogMeter& meter) {
  const auto found = find_meter_.integer(stream.gateway, meter.id);
  const auto id = found ? *found : add_meter_.integer(stream.gateway, meter.id).value_or(0);
  std::optional<std::int64_t> valid_to;
  if (meter.valid_to) {
    valid_to = reading::milliseconds_since_1970(*meter.valid_to);
  }
  const auto labels = labels_to_json(meter.labels);
  add_device_.run(stream.id, meter.number.value(), id, meter.name, meter.code, meter.serial,
                  meter.model, meter.model_version, meter.ratio, labels,
                  reading::milliseconds_since_1970(meter.valid_from), valid_to);
  stream.meters[meter.number.value()] = id;
}

void SqliteDirectory::add_definition(StreamKeys& stream, const batch::CatalogPoint& point) {
  if (stream.definitions.contains(point.number.value())) {
    return;
  }
  const auto meter = stream.meters[point.meter.value()];
  const auto device = find_device_.integer(stream.id, point.meter.value()).value_or(0);
  const auto found = find_point_.integer(meter, point.name);
  const auto id = found ? *found : add_point_.integer(meter, point.name).value_or(0);
  const auto labels = codes_to_json(point.labels);
  add_definition_.run(stream.id, point.number.value(), id, device, point.quantity, point.medium,
                      point.phase, point.tariff, point.obis, point.unit, point.kind,
                      static_cast<int>(point.batch_class), labels);
  const auto definition = find_definition_.integer(stream.id, point.number.value()).value_or(0);
  stream.definitions[point.number.value()] = StreamKeys::Definition{definition, id};
}

void SqliteDirectory::forget() {
  gateways_.clear();
  streams_.clear();
}

}  // namespace bornier::platform
