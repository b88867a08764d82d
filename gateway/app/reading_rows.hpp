// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>

#include "app/output.hpp"
#include "batch/batch.hpp"
#include "batch/named_readings.hpp"

namespace bornier::app {

/// Prints readings, a row each: JSON lines and CSV at once, a table at the end. A tombstone is a
/// row with a gap.
class ReadingRows {
 public:
  /// `out` is borrowed.
  ReadingRows(std::ostream& out, Format format);

  void print(const batch::Batch& batch, const batch::CatalogIndex& catalog);
  /// Prints what waits. Once, at the end.
  void finish();

 private:
  void add(std::vector<std::string> cells);

  std::ostream& out_;
  Format format_;
  Table table_;
};

}  // namespace bornier::app
