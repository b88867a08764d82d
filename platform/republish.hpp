// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"

namespace bornier::platform {

/// Stored batches as JSON, for those who have a platform already. Values are JSON numbers with the
/// meter's own digits; times are ISO 8601, UTC. DESIGN.md shows a message.
class Republisher {
 public:
  void learn(batch::Catalog catalog);
  /// Nothing for a tombstone, or while the catalog is not known.
  [[nodiscard]] auto to_json(const batch::Batch& batch) const -> std::optional<std::string>;

 private:
  using Stream = std::tuple<std::string, std::string, batch::StreamId>;
  std::map<Stream, batch::Catalog> catalogs_;
};

}  // namespace bornier::platform
