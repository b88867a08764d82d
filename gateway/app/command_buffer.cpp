// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/people_text.hpp"
#include "app/reading_rows.hpp"
#include "buffer/inspection.hpp"
#include "reading/time_text.hpp"

namespace bornier::app {
namespace {

struct BufferOptions {
  std::string configuration;
  Format format{};
};

auto time_text(const std::optional<reading::Stamp>& time) -> std::string {
  return time ? to_text(*time) : "";
}

auto holdings(const buffer::Figures& figures) -> Table {
  Table table{.columns = {{.name = "what"},
                          {.name = "count", .right_aligned = true, .number = true},
                          {.name = "readings", .right_aligned = true, .number = true},
                          {.name = "bytes", .right_aligned = true, .number = true},
                          {.name = "first"},
                          {.name = "last"}},
              .rows = {}};
  const auto add = [&](const char* name, const buffer::Holding& of) {
    table.rows.push_back({name, std::to_string(of.count), std::to_string(of.readings),
                          std::to_string(of.bytes), time_text(of.first), time_text(of.last)});
  };
  add("journal", figures.journal);
  add("undated", figures.undated);
  add("unconfirmed", figures.unconfirmed);
  add("confirmed", figures.confirmed);
  add("gaps", figures.gaps);
  return table;
}

void print_streams(const buffer::Figures& figures) {
  for (const auto& stream : figures.streams) {
    const bool current = &stream == &figures.streams.back();
    std::cout << "stream " << batch::to_text(stream.id) << (current ? " (current)" : " (ended)")
              << ": opened " << to_text(stream.opened_at) << ", newest batch "
              << stream.newest.value()
              << (stream.reason.empty() ? "" : ", because " + stream.reason) << "\n";
  }
  const auto oldest = figures.oldest_held.value();
  std::cout << bytes_for_people(figures.used_bytes) << " in use, file of "
            << bytes_for_people(figures.file_bytes) << ", "
            << (oldest == 0 ? "no batch yet" : "oldest batch held " + std::to_string(oldest))
            << "\n\n";
}

auto open(const BufferOptions& options) -> std::optional<buffer::Inspection> {
  const auto configuration = load_or_complain(options.configuration);
  if (!configuration) {
    return std::nullopt;
  }
  auto inspection = buffer::Inspection::open(configuration->gateway.state_directory);
  if (!inspection) {
    std::cerr << buffer::to_text(inspection.error()) << "\n";
    return std::nullopt;
  }
  return std::move(*inspection);
}

auto show(const BufferOptions& options) -> int {
  auto inspection = open(options);
  if (!inspection) {
    return 1;
  }
  const auto figures = inspection->figures();
  if (!figures) {
    std::cerr << buffer::to_text(figures.error()) << "\n";
    return 1;
  }
  if (options.format == Format::table) {
    print_streams(*figures);
  }
  std::cout << to_text(holdings(*figures), options.format);
  return 0;
}

auto export_readings(const BufferOptions& options) -> int {
  auto inspection = open(options);
  if (!inspection) {
    return 1;
  }
  const auto catalog = inspection->catalog();
  if (!catalog) {
    std::cerr << buffer::to_text(catalog.error()) << "\n";
    return 1;
  }
  const auto names = catalog->value_or(batch::Catalog{});
  const batch::CatalogIndex index{names};
  ReadingRows rows{std::cout, options.format};
  std::uint64_t undated = 0;
  const auto passed_over = inspection->for_each([&](const buffer::Exported& exported) {
    if (!exported.dated) {
      undated += reading::count_readings(exported.entries);
      return;
    }
    batch::Batch batch;
    batch.header.city = names.city;
    batch.header.gateway = names.gateway;
    batch.header.stream = exported.stream;
    batch.header.sequence = exported.sequence;
    batch.body = exported.entries;
    rows.print(batch, index);
  });
  rows.finish();
  if (!passed_over) {
    std::cerr << buffer::to_text(passed_over.error()) << "\n";
    return 1;
  }
  if (undated > 0) {
    std::cerr
        << undated
        << " readings wait for a trusted clock; they have no times yet and are not exported\n";
  }
  if (*passed_over > 0) {
    std::cerr << *passed_over << " readings are damaged or lost and were passed over\n";
    return 1;
  }
  return 0;
}

}  // namespace

void add_buffer(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<BufferOptions>();
  auto* command = app.add_subcommand(
      "buffer", "Shows what is on disk, or exports its readings; also beside a running gateway");
  add_configuration_option(*command, options->configuration);
  add_format_option(*command, options->format, "table, of export csv");
  command->footer(
      "Examples: bornier buffer -c /etc/bornier/gateway.toml\n"
      "          bornier buffer -c /etc/bornier/gateway.toml export > readings.csv");
  command->require_subcommand(0, 1);
  const auto* readings = command->add_subcommand("export", "Prints the readings")->fallthrough();
  command->callback([options, readings, command, &chosen] {
    const bool exporting = command->got_subcommand(readings->get_name());
    if (exporting && command->count("--format") == 0) {
      options->format = Format::csv;
    }
    chosen = [options, exporting] {
      return exporting ? export_readings(*options) : show(*options);
    };
  });
}

}  // namespace bornier::app
