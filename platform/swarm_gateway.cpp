// SPDX-License-Identifier: Apache-2.0
#include "platform/swarm_gateway.hpp"

#include <algorithm>
#include <utility>

#include "batch/catalog.hpp"

namespace bornier::platform {
namespace {

auto number_of(const SwarmShape& shape, std::uint32_t meter, std::uint32_t point)
    -> reading::PointNumber {
  return reading::PointNumber{meter * shape.points + point + 1};
}

/// The first point of a meter is its counter, the others are voltages.
auto definition(std::uint32_t point) -> batch::CatalogPoint {
  batch::CatalogPoint made;
  made.medium = "electricity";
  if (point == 0) {
    made.name = made.quantity = "energy_active_import";
    made.unit = "kW.h";
    made.kind = "counter";
  } else {
    made.name = "voltage_" + std::to_string(point);
    made.quantity = "voltage";
    made.unit = "V";
    made.kind = "gauge";
  }
  return made;
}

}  // namespace

SwarmGateway::SwarmGateway(const SwarmShape& shape, std::uint32_t number, batch::StreamId stream,
                           reading::Stamp born)
    : shape_{shape},
      name_{"swarm-" + std::to_string(number)},
      stream_{stream},
      born_{born},
      noise_{number} {}

auto SwarmGateway::topic(batch::TopicKind kind) const -> std::string {
  return to_text(batch::Topic{.city = shape_.city, .gateway = name_, .kind = kind});
}

auto SwarmGateway::catalog() const -> std::vector<std::byte> {
  batch::Catalog catalog;
  catalog.city = shape_.city;
  catalog.gateway = name_;
  catalog.stream = stream_;
  catalog.revision = batch::Revision{1};
  for (std::uint32_t meter = 0; meter < shape_.meters; ++meter) {
    batch::CatalogMeter entry;
    entry.number = reading::MeterNumber{meter + 1};
    entry.id = "meter-" + std::to_string(meter + 1);
    entry.model = "swarm";
    entry.model_version = "1";
    entry.valid_from = born_;
    catalog.meters.push_back(std::move(entry));
    for (std::uint32_t point = 0; point < shape_.points; ++point) {
      auto& made = catalog.points.emplace_back(definition(point));
      made.number = number_of(shape_, meter, point);
      made.meter = reading::MeterNumber{meter + 1};
    }
  }
  return encode_catalog(catalog);
}

auto SwarmGateway::entries(reading::Stamp last) -> reading::Entries {
  reading::Entries entries;
  const auto between = shape_.every / shape_.samples;
  for (std::uint32_t sample = 0; sample < shape_.samples; ++sample) {
    const auto time = last - between * (shape_.samples - 1 - sample);
    ++energy_;
    for (std::uint32_t meter = 0; meter < shape_.meters; ++meter) {
      auto& answer = entries.answers.emplace_back();
      answer.time = time;
      for (std::uint32_t point = 0; point < shape_.points; ++point) {
        noise_ = noise_ * 1'664'525U + 1'013'904'223U;
        const auto value = point == 0 ? energy_ : 2'300 + std::int64_t{noise_ >> 28U};
        answer.numbers.push_back(
            {.point = number_of(shape_, meter, point), .quality = {}, .value = {value, -1}});
      }
    }
  }
  return entries;
}

auto SwarmGateway::seal(reading::Now now) -> const Sent& {
  newest_ = last_.value() == 0 ? now.stamp : std::max(now.stamp, newest_ + shape_.every);
  const auto taken = entries(newest_);
  last_ = batch::Sequence{last_.value() + 1};
  batch::Header header;
  header.city = shape_.city;
  header.gateway = name_;
  header.stream = stream_;
  header.sequence = last_;
  header.catalog_revision = batch::Revision{1};
  header.oldest_held = unconfirmed_.empty() ? last_ : unconfirmed_.front().sequence;
  return unconfirmed_.emplace_back(Sent{.sequence = last_,
                                        .readings = count_readings(taken),
                                        .payload = encode_batch(std::move(header), taken),
                                        .at = now.instant});
}

auto SwarmGateway::confirm(const batch::Confirmation& confirmation, reading::Instant now)
    -> std::vector<Confirmed> {
  std::vector<Confirmed> freed;
  if (confirmation.stream != stream_) {
    return freed;
  }
  std::erase_if(unconfirmed_, [&](const Sent& sent) {
    const bool is_stored =
        std::any_of(confirmation.stored.begin(), confirmation.stored.end(), [&](const auto& range) {
          return range.first <= sent.sequence && sent.sequence <= range.last;
        });
    if (is_stored) {
      freed.push_back({.readings = sent.readings, .took = now - sent.at});
    }
    return is_stored;
  });
  return freed;
}

}  // namespace bornier::platform
