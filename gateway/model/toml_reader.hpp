// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>
#include <chrono>
#include <cstdint>
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

/// Reads the keys of one table, each at most once asked for, and reports what is missing, of the
/// wrong type or unknown. `what` names the table in messages: "point `voltage_l1_n`".
class TableReader {
 public:
  TableReader(const toml::table& table, std::string what, Report& report)
      : table_{&table}, what_{std::move(what)}, report_{&report} {}

  [[nodiscard]] auto text(std::string_view key) -> std::optional<std::string>;
  [[nodiscard]] auto texts(std::string_view key) -> std::vector<std::string>;
  [[nodiscard]] auto whole(std::string_view key, std::int64_t least, std::int64_t most)
      -> std::optional<std::int64_t>;
  [[nodiscard]] auto boolean(std::string_view key) -> std::optional<bool>;
  /// "60ms", "1s", "15min", "2h", "1d".
  [[nodiscard]] auto duration(std::string_view key) -> std::optional<std::chrono::milliseconds>;
  /// A whole number, or any decimal number in quotes: a TOML float has lost its digits.
  [[nodiscard]] auto decimal(std::string_view key) -> std::optional<reading::Decimal>;
  /// The index of the text in `choices`.
  [[nodiscard]] auto choice(std::string_view key, std::span<const std::string_view> choices)
      -> std::optional<std::size_t>;
  [[nodiscard]] auto table(std::string_view key) -> const toml::table*;
  /// The tables of an array of tables; empty if the key is absent.
  [[nodiscard]] auto tables(std::string_view key) -> std::vector<const toml::table*>;
  [[nodiscard]] auto node(std::string_view key) -> const toml::node*;

  /// Reports that `key` is missing; call it where it is mandatory and was not there at all.
  void require(std::string_view key);
  /// Reports the key, if it is there, as part of the format that this version cannot do.
  void refuse(std::string_view key, std::string_view remedy);
  /// Reports every key that nobody asked for.
  void finish();

  void complain(std::string_view key, std::string message);
  [[nodiscard]] auto where() const noexcept -> const toml::source_region& {
    return table_->source();
  }
  [[nodiscard]] auto what() const noexcept -> const std::string& { return what_; }

 private:
  const toml::table* table_;
  std::string what_;
  Report* report_;
  std::vector<std::string_view> known_;
};

}  // namespace bornier::model
