// SPDX-License-Identifier: Apache-2.0
#include "app/reading_rows.hpp"

#include <ostream>
#include <utility>

#include "reading/decimal.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {

ReadingRows::ReadingRows(std::ostream& out, Format format)
    : out_{out},
      format_{format},
      table_{.columns = {{.name = "city"},
                         {.name = "gateway"},
                         {.name = "stream"},
                         {.name = "sequence", .right_aligned = true, .number = true},
                         {.name = "ordinal", .right_aligned = true, .number = true},
                         {.name = "meter"},
                         {.name = "point"},
                         {.name = "time"},
                         {.name = "value", .right_aligned = true, .number = false},
                         {.name = "unit", .unit = true},
                         {.name = "quality", .right_aligned = true, .number = true}},
             .rows = {}} {
  if (format_ == Format::csv) {
    out_ << to_csv(table_);
  }
}

void ReadingRows::add(std::vector<std::string> cells) {
  switch (format_) {
    case Format::table: table_.rows.push_back(std::move(cells)); break;
    case Format::json: out_ << json_object(table_.columns, cells) << '\n'; break;
    case Format::csv: out_ << csv_row(cells); break;
  }
}

void ReadingRows::print(const batch::Batch& batch, const batch::CatalogIndex& catalog) {
  const auto& header = batch.header;
  // What is not sealed yet has neither.
  const bool sealed = header.sequence.value() != 0;
  const auto stream = sealed ? batch::to_text(header.stream) : "";
  const auto sequence = sealed ? std::to_string(header.sequence.value()) : "";
  batch::for_each_reading(batch, catalog, [&](const batch::NamedReading& reading) {
    // Without a catalog a point is known by its number only.
    add({header.city, header.gateway, stream, sequence, std::to_string(reading.ordinal),
         reading.meter != nullptr ? reading.meter->id : "",
         reading.definition != nullptr ? reading.definition->name
                                       : "#" + std::to_string(reading.point.value()),
         to_text(reading.time),
         reading.number ? reading::to_text(*reading.number) : std::string{reading.text},
         reading.definition != nullptr ? reading.definition->unit : "",
         std::to_string(reading.quality.flags)});
  });
}

void ReadingRows::finish() {
  if (format_ == Format::table) {
    out_ << to_table(table_);
  }
}

}  // namespace bornier::app
