// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "reading/entries.hpp"

/// Entries -> batches, without a database.
namespace bornier::buffer {

/// What sealing asks about each point of a catalog. The catalog itself is a hundred times larger
/// and stays on disk.
class PointTable {
 public:
  PointTable() = default;
  explicit PointTable(const batch::Catalog& catalog);

  /// MeterNumber{} for a point that the catalog does not have.
  [[nodiscard]] auto meter(reading::PointNumber point) const -> reading::MeterNumber;
  [[nodiscard]] auto is_billing(reading::PointNumber point) const -> bool;

 private:
  struct Row {
    reading::PointNumber point;
    reading::MeterNumber meter;
    bool billing{};
  };
  [[nodiscard]] auto find(reading::PointNumber point) const -> const Row*;

  std::vector<Row> rows_;  ///< ascending
};

struct EncodedBatch {
  batch::Header header;  ///< as it stands in the payload
  std::vector<std::byte> payload;
};

/// One numbering for all: `header.sequence` is the first number used. Points that
/// are billing make batches of their own; changes of state, events and gaps travel with them if
/// there are any, for billing is evicted last. A batch above `batch_max` is split by meter, and
/// only a single meter's by time; a single answer may exceed it.
[[nodiscard]] auto encode_batches(const batch::Header& header, reading::Entries entries,
                                  const PointTable& points, std::size_t batch_max)
    -> std::vector<EncodedBatch>;

}  // namespace bornier::buffer
