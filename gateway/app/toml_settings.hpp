// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"

namespace bornier::app {

/// Mistakes of one file, in the order in which they were found.
struct Mistakes {
  std::string file;
  std::vector<model::Diagnostic> list;

  void add(const toml::source_region& where, std::string message);
};

/// A duration with the limits that it must keep.
struct DurationRange {
  std::chrono::milliseconds shortest;
  std::chrono::milliseconds longest;
};

/// One table of a TOML file, read key by key. Whatever is wrong is added to `mistakes` with its
/// place and a remedy, and the reader goes on, so that all mistakes of a file are told at once.
/// `finish` refuses the keys that nobody asked for.
class TomlSettings {
 public:
  /// `title` is how messages name the table: "[gateway]". Table and mistakes are borrowed.
  TomlSettings(const toml::table& table, std::string title, Mistakes& mistakes);

  [[nodiscard]] auto text(std::string_view key) -> std::optional<std::string>;
  [[nodiscard]] auto required_text(std::string_view key) -> std::string;
  /// `[a-z0-9-]{1,64}`, as contract.md has it for ids.
  [[nodiscard]] auto required_id(std::string_view key) -> std::string;
  [[nodiscard]] auto integer(std::string_view key, std::int64_t least, std::int64_t most)
      -> std::optional<std::int64_t>;
  [[nodiscard]] auto boolean(std::string_view key) -> std::optional<bool>;
  [[nodiscard]] auto duration(std::string_view key, DurationRange range)
      -> std::optional<std::chrono::milliseconds>;
  /// A byte count or, with `per_second`, a byte rate.
  [[nodiscard]] auto bytes(std::string_view key, std::uint64_t least, std::uint64_t most,
                           bool per_second = false) -> std::optional<std::uint64_t>;
  /// The index of the text among `choices`.
  [[nodiscard]] auto choice(std::string_view key, std::span<const std::string_view> choices)
      -> std::optional<std::size_t>;
  [[nodiscard]] auto texts(std::string_view key) -> std::optional<std::vector<std::string>>;
  [[nodiscard]] auto text_map(std::string_view key) -> std::map<std::string, std::string>;
  [[nodiscard]] auto table(std::string_view key) -> const toml::table*;
  /// The tables of `[[key]]`; nothing if there are none.
  [[nodiscard]] auto tables(std::string_view key) -> std::vector<const toml::table*>;
  /// The value itself, for keys that take several forms.
  [[nodiscard]] auto node(std::string_view key) -> const toml::node*;

  [[nodiscard]] auto has(std::string_view key) const -> bool;
  /// Adds a mistake at the value of `key`, or at the table if it has no such key.
  void refuse(std::string_view key, std::string message);
  /// The key is known, but not allowed here: `reason` says why and what to do.
  void forbid(std::string_view key, const std::string& reason);
  [[nodiscard]] auto parse_duration_at(const toml::node& node, std::string_view key,
                                       DurationRange range)
      -> std::optional<std::chrono::milliseconds>;

  /// Every key of the table that was never asked for is a mistake, with the nearest known key
  /// named.
  void finish();

 private:
  const toml::table& table_;
  std::string title_;
  Mistakes& mistakes_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace bornier::app
