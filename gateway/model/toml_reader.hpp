// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "reading/decimal.hpp"

namespace bornier::model {

/// Collects the mistakes of one file.
class Report {
 public:
  explicit Report(std::string file) : file_{std::move(file)} {}

  void add(const toml::source_region& where, std::string message);
  void add(const toml::node& where, std::string message) {
    add(where.source(), std::move(message));
  }
  /// Mistakes of another file that this one names.
  void add(std::vector<Diagnostic> others);

  [[nodiscard]] auto empty() const noexcept -> bool { return diagnostics_.empty(); }
  [[nodiscard]] auto size() const noexcept -> std::size_t { return diagnostics_.size(); }
  /// In the order of the lines.
  [[nodiscard]] auto take() -> std::vector<Diagnostic>;

 private:
  std::string file_;
  std::vector<Diagnostic> diagnostics_;
};

/// "`text`", for messages.
[[nodiscard]] auto quoted(std::string_view text) -> std::string;

/// The limits of a duration, both allowed.
struct DurationRange {
  std::chrono::milliseconds shortest{0};
  std::chrono::milliseconds longest{std::chrono::days{36'600}};
};

/// Reads the keys of one table, each at most once asked for, and reports what is missing, of the
/// wrong type or unknown. `what` names the table in messages: "point `voltage_l1_n`".
class TableReader {
 public:
  TableReader(const toml::table& table, std::string what, Report& report)
      : table_{&table}, what_{std::move(what)}, report_{&report} {}

  [[nodiscard]] auto text(std::string_view key) -> std::optional<std::string>;
  /// Reports it if it is missing or empty; then it is empty.
  [[nodiscard]] auto required_text(std::string_view key) -> std::string;
  /// The same for an id: 1 to 64 of a-z, 0-9 and -.
  [[nodiscard]] auto required_id(std::string_view key) -> std::string;
  [[nodiscard]] auto texts(std::string_view key) -> std::optional<std::vector<std::string>>;
  /// The texts of a table, by their keys; empty if the table is absent.
  [[nodiscard]] auto text_map(std::string_view key) -> std::map<std::string, std::string>;
  [[nodiscard]] auto whole(std::string_view key, std::int64_t least, std::int64_t most)
      -> std::optional<std::int64_t>;
  [[nodiscard]] auto boolean(std::string_view key) -> std::optional<bool>;
  /// Durations and sizes are written as notation.hpp has them.
  [[nodiscard]] auto duration(std::string_view key, DurationRange range = {})
      -> std::optional<std::chrono::milliseconds>;
  /// The same for a value that was found elsewhere, such as in a table below this one.
  [[nodiscard]] auto duration_at(const toml::node& value, std::string_view key, DurationRange range)
      -> std::optional<std::chrono::milliseconds>;
  [[nodiscard]] auto bytes(std::string_view key, std::uint64_t least, std::uint64_t most)
      -> std::optional<std::uint64_t>;
  /// Bytes a second.
  [[nodiscard]] auto byte_rate(std::string_view key, std::uint64_t least, std::uint64_t most)
      -> std::optional<std::uint64_t>;
  /// A whole number, or any decimal number in quotes: a TOML float has lost its digits.
  [[nodiscard]] auto decimal(std::string_view key) -> std::optional<reading::Decimal>;
  /// The index of the text in `choices`.
  [[nodiscard]] auto choice(std::string_view key, std::span<const std::string_view> choices)
      -> std::optional<std::size_t>;
  [[nodiscard]] auto table(std::string_view key) -> const toml::table*;
  /// The tables of an array of tables; empty if the key is absent.
  [[nodiscard]] auto tables(std::string_view key) -> std::vector<const toml::table*>;
  [[nodiscard]] auto node(std::string_view key) -> const toml::node*;
  [[nodiscard]] auto has(std::string_view key) const -> bool { return table_->contains(key); }

  /// Reports that `key` is missing; call it where it is mandatory and was not there at all.
  void require(std::string_view key);
  /// Reports the key, if it is there, as part of the format that this version cannot do.
  void refuse(std::string_view key, std::string_view remedy);
  /// Reports the key, if it is there, as known but out of place: `reason` says why and what to do.
  void forbid(std::string_view key, std::string_view reason);
  /// Reports every key that nobody asked for.
  void finish();

  /// Adds a mistake at the value of `key`, or at the table if it has no such key.
  void complain(std::string_view key, std::string message);
  [[nodiscard]] auto where() const noexcept -> const toml::source_region& {
    return table_->source();
  }
  [[nodiscard]] auto what() const noexcept -> const std::string& { return what_; }

 private:
  /// "`key` takes EXPECTED, not what stands there".
  void expected(std::string_view key, const toml::node& found, std::string_view expected);
  /// Reports and drops a number of bytes beyond its limits.
  [[nodiscard]] auto within(std::string_view key, std::optional<std::uint64_t> bytes,
                            std::uint64_t least, std::uint64_t most, std::string_view unit)
      -> std::optional<std::uint64_t>;

  const toml::table* table_;
  std::string what_;
  Report* report_;
  std::vector<std::string_view> known_;
};

}  // namespace bornier::model
