// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "app/command_options.hpp"
#include "app/commands.hpp"
#include "app/reading_rows.hpp"
#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "batch/control.hpp"
#include "batch/named_readings.hpp"

namespace bornier::app {
namespace {

struct DecodeOptions {
  std::vector<std::string> files;
  std::string catalog;
  Format format{Format::json};
};

auto bytes_of_hex(std::string_view hex) -> std::optional<std::vector<std::byte>> {
  const auto digit = [](char character) -> int {
    if (character >= '0' && character <= '9') {
      return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
      return character - 'a' + 10;
    }
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
  };
  std::vector<std::byte> bytes;
  for (std::size_t index = 0; index + 1 < hex.size(); index += 2) {
    const int high = digit(hex[index]);
    const int low = digit(hex[index + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return hex.size() % 2 == 0 ? std::optional{bytes} : std::nullopt;
}

/// Batches as they come, each printed with the newest catalog seen of its gateway.
class Decoder {
 public:
  explicit Decoder(Format format) : rows_{std::cout, format} {}

  void learn(batch::Catalog catalog) {
    auto key = std::pair{catalog.city, catalog.gateway};
    catalogs_.insert_or_assign(std::move(key), std::move(catalog));
  }

  void catalog(std::span<const std::byte> bytes, const std::string& where) {
    auto decoded = batch::decode_catalog(bytes);
    if (decoded) {
      learn(std::move(*decoded));
    } else {
      complain(where, "not a catalog: ", decoded.error());
    }
  }

  void batch(std::span<const std::byte> bytes, const std::string& where) {
    const auto decoded = batch::decode_batch(bytes);
    if (!decoded) {
      complain(where, "not a batch: ", decoded.error());
      return;
    }
    const auto known = catalogs_.find({decoded->header.city, decoded->header.gateway});
    const auto& catalog = known == catalogs_.end() ? nothing_ : known->second;
    rows_.print(*decoded, batch::CatalogIndex{catalog});
  }

  /// A line of `mosquitto_sub -F '%t %x'`: topic, blank, payload in hex.
  void line(const std::string& text, const std::string& where) {
    const auto blank = text.find(' ');
    const auto topic = batch::parse_topic(text.substr(0, blank));
    const auto bytes =
        bytes_of_hex(blank == std::string::npos ? "" : std::string_view{text}.substr(blank + 1));
    if (!topic || !bytes) {
      std::cerr << where
                << ": not a line of `mosquitto_sub -F '%t %x'` (topic, blank, payload in hex); "
                   "passed over\n";
      failed_ = true;
      return;
    }
    if (topic->kind == batch::TopicKind::catalog) {
      catalog(*bytes, where);
    } else if (topic->kind == batch::TopicKind::batch || topic->kind == batch::TopicKind::backlog) {
      batch(*bytes, where);
    }
  }

  [[nodiscard]] auto finish() -> int {
    rows_.finish();
    return failed_ ? 1 : 0;
  }

  void complain(const std::string& where, std::string_view what, batch::Fault fault) {
    std::cerr << where << ": " << what << to_text(fault) << "; passed over\n";
    failed_ = true;
  }

 private:
  ReadingRows rows_;
  std::map<std::pair<std::string, std::string>, batch::Catalog> catalogs_;
  batch::Catalog nothing_;
  bool failed_ = false;
};

auto read_bytes(const std::string& path) -> std::optional<std::vector<std::byte>> {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    std::cerr << path << ": cannot be read\n";
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto bytes = std::as_bytes(std::span{text});
  return std::vector<std::byte>{bytes.begin(), bytes.end()};
}

auto run_decode(const DecodeOptions& options) -> int {
  Decoder decoder{options.format};
  if (!options.catalog.empty()) {
    const auto bytes = read_bytes(options.catalog);
    if (!bytes) {
      return 1;
    }
    decoder.catalog(*bytes, options.catalog);
  }
  bool unreadable = false;
  for (const auto& file : options.files) {
    const auto bytes = read_bytes(file);
    if (bytes) {
      decoder.batch(*bytes, file);
    }
    unreadable = unreadable || !bytes;
  }
  if (options.files.empty()) {
    std::string line;
    for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
      decoder.line(line, "standard input:" + std::to_string(number));
    }
  }
  const int code = decoder.finish();
  return unreadable ? 1 : code;
}

}  // namespace

void add_decode(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<DecodeOptions>();
  auto* command = app.add_subcommand("decode", "Prints the readings in batches");
  command
      ->add_option("files", options->files,
                   "Batches, one raw payload a file; without: lines of mosquitto_sub on stdin")
      ->type_name("FILE");
  command->add_option("--catalog", options->catalog, "A raw catalog, for the names of points")
      ->type_name("FILE");
  add_format_option(*command, options->format, "json, one object a line");
  command->footer(
      "Example: mosquitto_sub -h broker -t 'bornier/v1/+/+/+' -F '%t %x' | bornier decode");
  command->callback([options, &chosen] { chosen = [options] { return run_decode(*options); }; });
}

}  // namespace bornier::app
