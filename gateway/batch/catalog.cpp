// SPDX-License-Identifier: Apache-2.0
#include "batch/catalog.hpp"

#include <limits>

#include "batch/messages.hpp"
#include "bornier/v1/catalog.pb.h"
#include "reading/utf8.hpp"

namespace bornier::batch {
namespace {

/// City, gateway, stream and revision, and room for what a newer version may add.
constexpr std::size_t other_fields = 16;

void write(const CatalogMeter& from, v1::Meter& to) {
  to.set_number(from.number.value());
  to.set_id(reading::to_utf8(from.id));
  to.set_name(reading::to_utf8(from.name));
  to.set_code(reading::to_utf8(from.code));
  to.set_serial(reading::to_utf8(from.serial));
  to.set_model(reading::to_utf8(from.model));
  to.set_model_version(reading::to_utf8(from.model_version));
  to.set_ratio(reading::to_utf8(from.ratio));
  for (const auto& [name, text] : from.labels) {
    (*to.mutable_labels())[reading::to_utf8(name)] = reading::to_utf8(text);
  }
  to.set_valid_from_ms(milliseconds_since_1970(from.valid_from));
  if (from.valid_to) {
    to.set_valid_to_ms(milliseconds_since_1970(*from.valid_to));
  }
}

void write(const CatalogPoint& from, v1::Point& to) {
  to.set_number(from.number.value());
  to.set_meter(from.meter.value());
  to.set_name(reading::to_utf8(from.name));
  to.set_quantity(reading::to_utf8(from.quantity));
  to.set_medium(reading::to_utf8(from.medium));
  to.set_phase(reading::to_utf8(from.phase));
  to.set_tariff(from.tariff);
  to.set_obis(reading::to_utf8(from.obis));
  to.set_unit(reading::to_utf8(from.unit));
  to.set_kind(reading::to_utf8(from.kind));
  to.set_batch_class(static_cast<v1::Class>(from.batch_class));
  for (const auto& [code, text] : from.labels) {
    (*to.mutable_labels())[code] = reading::to_utf8(text);
  }
  to.set_rollover(reading::to_utf8(from.rollover));
}

[[nodiscard]] auto read(const v1::Meter& from) -> CatalogMeter {
  CatalogMeter to;
  to.number = reading::MeterNumber{from.number()};
  to.id = from.id();
  to.name = from.name();
  to.code = from.code();
  to.serial = from.serial();
  to.model = from.model();
  to.model_version = from.model_version();
  to.ratio = from.ratio();
  to.labels = {from.labels().begin(), from.labels().end()};
  to.valid_from = reading::stamp_at(from.valid_from_ms());
  if (from.has_valid_to_ms()) {
    to.valid_to = reading::stamp_at(from.valid_to_ms());
  }
  return to;
}

[[nodiscard]] auto read(const v1::Point& from) -> CatalogPoint {
  CatalogPoint to;
  to.number = reading::PointNumber{from.number()};
  to.meter = reading::MeterNumber{from.meter()};
  to.name = from.name();
  to.quantity = from.quantity();
  to.medium = from.medium();
  to.phase = from.phase();
  to.tariff = static_cast<std::uint8_t>(from.tariff());
  to.obis = from.obis();
  to.unit = from.unit();
  to.kind = from.kind();
  to.batch_class = from.batch_class() == v1::CLASS_BILLING ? Class::billing : Class::detail;
  to.labels = {from.labels().begin(), from.labels().end()};
  to.rollover = from.rollover();
  return to;
}

}  // namespace

auto encode_catalog(const Catalog& catalog) -> std::vector<std::byte> {
  v1::Catalog message;
  message.set_city(catalog.city);
  message.set_gateway(catalog.gateway);
  message.set_stream(catalog.stream.value());
  message.set_revision(catalog.revision.value());
  for (const auto& meter : catalog.meters) {
    write(meter, *message.add_meters());
  }
  for (const auto& point : catalog.points) {
    write(point, *message.add_points());
  }
  return serialised(message);
}

auto decode_catalog(std::span<const std::byte> bytes) -> wire::Result<Catalog, Fault> {
  if (bytes.size() > max_catalog_bytes) {
    return Fault::too_large;
  }
  const auto fields = count_fields(bytes);
  if (!fields) {
    return Fault::not_protobuf;
  }
  if (*fields > max_catalog_entries + other_fields) {
    return Fault::too_large;
  }
  v1::Catalog message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fault::not_protobuf;
  }
  if (message.meters().size() + message.points().size() > static_cast<int>(max_catalog_entries)) {
    return Fault::too_large;
  }
  if (!is_id(message.city()) || !is_id(message.gateway()) || message.stream() == 0 ||
      message.revision() == 0) {
    return Fault::header_incomplete;
  }
  Catalog catalog;
  catalog.city = message.city();
  catalog.gateway = message.gateway();
  catalog.stream = StreamId{message.stream()};
  catalog.revision = Revision{message.revision()};
  for (const auto& meter : message.meters()) {
    catalog.meters.push_back(read(meter));
  }
  for (const auto& point : message.points()) {
    if (point.tariff() > std::numeric_limits<std::uint8_t>::max()) {
      return Fault::newer_schema;
    }
    catalog.points.push_back(read(point));
  }
  return catalog;
}

}  // namespace bornier::batch
