// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"

/// The readings of a batch one by one, with their names: what `bornier decode` prints and the
/// platform stores.
namespace bornier::batch {

/// Finds points and meters by number. Looks into the Catalog that it was made from and dies with
/// it.
class CatalogIndex {
 public:
  explicit CatalogIndex(const Catalog& catalog);
  explicit CatalogIndex(Catalog&&) = delete;

  /// Null where the catalog does not have the number.
  [[nodiscard]] auto point(reading::PointNumber number) const -> const CatalogPoint*;
  [[nodiscard]] auto meter(reading::MeterNumber number) const -> const CatalogMeter*;

 private:
  std::unordered_map<reading::PointNumber, const CatalogPoint*> points_;
  std::unordered_map<reading::MeterNumber, const CatalogMeter*> meters_;
};

/// Views into the Batch and the Catalog, valid during the call that it is given to.
struct NamedReading {
  std::uint32_t ordinal{};  ///< with (city, gateway, stream, sequence) the identity of the reading
  reading::PointNumber point;
  reading::Stamp time;
  reading::Quality quality;
  std::optional<reading::Decimal> number;  ///< absent: the reading is `text`
  std::string_view text;
  const CatalogPoint* definition{};  ///< null: the catalog is older than the batch
  const CatalogMeter* meter{};       ///< null: as above
};

/// Calls `visit` for each reading in the order of ordinals: 0, 1, 2 … Nothing for a tombstone.
void for_each_reading(const Batch& batch, const CatalogIndex& catalog,
                      const std::function<void(const NamedReading&)>& visit);

}  // namespace bornier::batch
