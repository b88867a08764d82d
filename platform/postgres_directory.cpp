// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_directory.hpp"

#include <map>

#include "platform/catalog_rules.hpp"
#include "platform/names.hpp"
#include "platform/postgres_values.hpp"

namespace bornier::platform::postgres {
namespace {

/// In memory; who may publish may invent gateways and streams for ever.
constexpr std::size_t most_gateways = 20'000;
constexpr std::size_t most_streams = 20'000;

auto id_or_nothing(const pqxx::result& found) -> std::optional<std::int64_t> {
  if (found.empty()) {
    return std::nullopt;
  }
  return found[0][0].as<std::int64_t>();
}

/// The id of the row that `find` finds, or else that `add` makes. Rows are made under the
/// directory's lock, one receiver after the other: so ids grow in the order of commits.
template <class... Values>
auto find_or_add(pqxx::work& work, const char* find, const char* add, const Values&... values)
    -> std::int64_t {
  if (const auto found = id_or_nothing(work.exec_params(find, values...))) {
    return *found;
  }
  take(work, Lock::directory);
  if (const auto found = id_or_nothing(work.exec_params(find, values...))) {
    return *found;
  }
  return work.exec_params1(add, values...)[0].template as<std::int64_t>();
}

auto newest_catalog(pqxx::work& work, std::int64_t stream) -> std::optional<batch::Catalog> {
  const auto found = work.exec_params(
      "SELECT payload FROM catalog WHERE stream = $1 ORDER BY revision DESC LIMIT 1", stream);
  if (found.empty()) {
    return std::nullopt;
  }
  const pqxx::binarystring payload{found[0][0]};
  const std::span<const std::byte> bytes{reinterpret_cast<const std::byte*>(payload.data()),
                                         payload.size()};
  auto catalog = batch::decode_catalog(bytes);
  return catalog ? std::optional{std::move(*catalog)} : std::nullopt;
}

auto without_nul(const std::map<std::string, std::string>& labels)
    -> std::map<std::string, std::string> {
  std::map<std::string, std::string> storable;
  for (const auto& [name, value] : labels) {
    storable.emplace(text(name), text(value));
  }
  return storable;
}

}  // namespace

void Directory::refresh(pqxx::work& work) {
  if (streams_.size() > most_streams) {
    streams_.clear();
  }
  if (gateways_.size() > most_gateways) {
    gateways_.clear();
  }
  if (streams_.empty()) {
    return;
  }
  std::unordered_map<std::int64_t, Stream*> by_id;
  Array ids;
  for (auto& [name, stream] : streams_) {
    by_id.emplace(stream.keys.id, &stream);
    ids.add(stream.keys.id);
  }
  const auto rows = work.exec_params(
      "SELECT id, contested, "
      "coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0) "
      "FROM stream s WHERE id = ANY($1::integer[])",
      ids.text());
  for (const auto& row : rows) {
    auto& stream = *by_id.at(row[0].as<std::int64_t>());
    stream.contested = row[1].as<bool>();
    const auto revision = row[2].as<std::int64_t>();
    if (revision != stream.revision) {
      stream.revision = revision;
      load(work, stream);
    }
  }
}

auto Directory::gateway(pqxx::work& work, const std::string& city, const std::string& name)
    -> std::int64_t {
  auto& id = gateways_[city + '/' + name];
  if (id == 0) {
    id = find_or_add(work, "SELECT id FROM gateway WHERE city = $1 AND name = $2",
                     "INSERT INTO gateway (city, name) VALUES ($1, $2) RETURNING id", city, name);
  }
  return id;
}

auto Directory::stream(pqxx::work& work, const std::string& city, const std::string& gateway_name,
                       batch::StreamId stream_id) -> Stream& {
  const auto name = to_text(stream_id);
  auto& stream = streams_[city + '/' + gateway_name + '/' + name];
  if (stream.keys.id == 0) {
    const auto gateway_id = gateway(work, city, gateway_name);
    const auto id = find_or_add(work, "SELECT id FROM stream WHERE gateway = $1 AND name = $2",
                                "INSERT INTO stream (gateway, name) VALUES ($1, $2) RETURNING id",
                                gateway_id, name);
    stream.keys.gateway = gateway_id;
    stream.keys.id = id;
    const auto row = work.exec_params1(
        "SELECT contested, coalesce((SELECT max(revision) FROM catalog WHERE stream = s.id), 0) "
        "FROM stream s WHERE id = $1",
        id);
    stream.contested = row[0].as<bool>();
    stream.revision = row[1].as<std::int64_t>();
    load(work, stream);
  }
  return stream;
}

void Directory::load(pqxx::work& work, Stream& stream) {
  load_definitions(work, stream);
  load_meters(work, stream);
}

void Directory::load_definitions(pqxx::work& work, Stream& stream) {
  for (const auto& row : work.exec_params(
           "SELECT number, id, point FROM definition WHERE stream = $1", stream.keys.id)) {
    stream.keys.definitions[row[0].as<std::uint32_t>()] =
        StreamKeys::Definition{row[1].as<std::int64_t>(), row[2].as<std::int64_t>()};
  }
}

void Directory::load_meters(pqxx::work& work, Stream& stream) {
  for (const auto& row :
       work.exec_params("SELECT number, meter FROM device WHERE stream = $1", stream.keys.id)) {
    stream.keys.meters[row[0].as<std::uint32_t>()] = row[1].as<std::int64_t>();
  }
}

auto Directory::name_of(pqxx::work& work, const StreamKeys::Definition& definition) -> std::string {
  return work
      .exec_params1(
          "SELECT m.name || '/' || p.name FROM point p JOIN meter m ON m.id = p.meter "
          "WHERE p.id = $1",
          definition.point)[0]
      .as<std::string>();
}

auto Directory::learn(pqxx::work& work, const CatalogArrival& arrival) -> Verdict {
  const auto& catalog = arrival.catalog;
  auto& known = stream(work, catalog.city, catalog.gateway, catalog.stream);
  auto verdict = judge(catalog, newest_catalog(work, known.keys.id));
  if (verdict == Verdict::stored) {
    // Every receiver gets every catalog: the first one stores it.
    take(work, Lock::directory);
    verdict = judge(catalog, newest_catalog(work, known.keys.id));
  }
  if (verdict == Verdict::conflict) {
    work.exec_params("UPDATE stream SET contested = true WHERE id = $1 AND NOT contested",
                     known.keys.id);
    known.contested = true;
  }
  if (verdict != Verdict::stored) {
    return verdict;
  }
  work.exec_params(
      "INSERT INTO catalog (stream, revision, received_at, payload) VALUES ($1, $2, $3, $4)",
      known.keys.id, catalog.revision.value(), timestamp(arrival.received_at),
      blob(arrival.payload));
  load(work, known);
  add_devices(work, known, catalog.meters);
  add_definitions(work, known, catalog.points);
  known.revision = catalog.revision.value();
  return verdict;
}

void Directory::add_devices(pqxx::work& work, Stream& stream,
                            const std::vector<batch::CatalogMeter>& meters) {
  Array numbers, ids, names, codes, serials, models, versions, ratios, labels, firsts, ends;
  for (const auto& meter : meters) {
    numbers.add(meter.number.value());
    ids.add(text(meter.id));
    names.add(text(meter.name));
    codes.add(text(meter.code));
    serials.add(text(meter.serial));
    models.add(text(meter.model));
    versions.add(text(meter.model_version));
    ratios.add(text(meter.ratio));
    labels.add(labels_to_json(without_nul(meter.labels)));
    firsts.add(meter.valid_from);
    ends.add(meter.valid_to);
  }
  work.exec_params(
      "INSERT INTO meter (gateway, name) "
      "SELECT $1, name FROM unnest($2::text[]) WITH ORDINALITY AS new (name, place) "
      "WHERE NOT EXISTS (SELECT FROM meter m WHERE m.gateway = $1 AND m.name = new.name) "
      "GROUP BY name ORDER BY min(place)",
      stream.keys.gateway, ids.text());
  work.exec_params(
      "INSERT INTO device (stream, number, meter, name, code, serial, model, model_version, "
      "ratio, labels, valid_from, valid_to) "
      "SELECT $1, new.number, m.id, new.name, new.code, new.serial, new.model, new.version, "
      "new.ratio, new.labels, new.valid_from, new.valid_to "
      "FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], "
      "$9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[]) "
      "WITH ORDINALITY AS new (number, meter, name, code, serial, model, version, ratio, labels, "
      "valid_from, valid_to, place) "
      "JOIN meter m ON m.gateway = $2 AND m.name = new.meter ORDER BY place "
      "ON CONFLICT (stream, number) DO UPDATE SET name = excluded.name, code = excluded.code, "
      "labels = excluded.labels, valid_to = excluded.valid_to",
      stream.keys.id, stream.keys.gateway, numbers.text(), ids.text(), names.text(), codes.text(),
      serials.text(), models.text(), versions.text(), ratios.text(), labels.text(), firsts.text(),
      ends.text());
  load_meters(work, stream);
}

void Directory::add_definitions(pqxx::work& work, Stream& stream,
                                const std::vector<batch::CatalogPoint>& points) {
  Array numbers, meters, names, devices, quantities, media, phases, tariffs, obis, units, kinds,
      classes, labels;
  for (const auto& point : points) {
    if (stream.keys.definitions.contains(point.number.value())) {
      continue;
    }
    std::map<std::int64_t, std::string> codes;
    for (const auto& [code, label] : point.labels) {
      codes.emplace(code, text(label));
    }
    numbers.add(point.number.value());
    meters.add(stream.keys.meters.at(point.meter.value()));
    names.add(text(point.name));
    devices.add(point.meter.value());
    quantities.add(text(point.quantity));
    media.add(text(point.medium));
    phases.add(text(point.phase));
    tariffs.add(point.tariff);
    obis.add(text(point.obis));
    units.add(text(point.unit));
    kinds.add(text(point.kind));
    classes.add(static_cast<int>(point.batch_class));
    labels.add(codes_to_json(codes));
  }
  work.exec_params(
      "INSERT INTO point (meter, name) SELECT meter, name "
      "FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS new (meter, name, place) "
      "WHERE NOT EXISTS (SELECT FROM point p WHERE p.meter = new.meter AND p.name = new.name) "
      "GROUP BY meter, name ORDER BY min(place)",
      meters.text(), names.text());
  work.exec_params(
      "INSERT INTO definition (stream, number, point, device, quantity, medium, phase, tariff, "
      "obis, unit, kind, class, labels) "
      "SELECT $1, new.number, p.id, d.id, new.quantity, new.medium, new.phase, new.tariff, "
      "new.obis, new.unit, new.kind, new.class, new.labels "
      "FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::text[], "
      "$8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::smallint[], "
      "$14::text[]) WITH ORDINALITY AS new (number, meter, name, device, quantity, medium, phase, "
      "tariff, obis, unit, kind, class, labels, place) "
      "JOIN point p ON p.meter = new.meter AND p.name = new.name "
      "JOIN device d ON d.stream = $1 AND d.number = new.device ORDER BY place",
      stream.keys.id, numbers.text(), meters.text(), names.text(), devices.text(),
      quantities.text(), media.text(), phases.text(), tariffs.text(), obis.text(), units.text(),
      kinds.text(), classes.text(), labels.text());
  load_definitions(work, stream);
}

}  // namespace bornier::platform::postgres
