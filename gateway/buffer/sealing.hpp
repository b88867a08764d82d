// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "reading/entries.hpp"

/// Entries -> batches, without a database.
namespace bornier::buffer {

struct EncodedBatch {
  batch::Header header;  ///< as it stands in the payload
  std::vector<std::byte> payload;
};

/// One numbering for all: `header.sequence` is the first number used. Points that the catalog calls
/// billing make batches of their own; changes of state, events and gaps travel with them if there
/// are any, for billing is evicted last. A batch above `batch_max` is split by meter, and only a
/// single meter's by time; a single answer may exceed it.
[[nodiscard]] auto encode_batches(const batch::Header& header, reading::Entries entries,
                                  const batch::Catalog& catalog, std::size_t batch_max)
    -> std::vector<EncodedBatch>;

}  // namespace bornier::buffer
