// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>

#include "reading/time.hpp"

/// How values travel to PostgreSQL.
namespace bornier::platform::postgres {

/// ISO 8601. What lies outside the years 1 to 9999 becomes the nearest time within.
[[nodiscard]] auto timestamp(reading::Stamp stamp) -> std::string;

/// PostgreSQL's text holds well-formed UTF-8 without NUL: what is not becomes U+FFFD.
[[nodiscard]] auto text(std::string_view bytes) -> std::string;

[[nodiscard]] auto blob(std::span<const std::byte> bytes) -> pqxx::binarystring;

/// An array parameter: as many rows as one statement takes, in one round trip.
class Array {
 public:
  void add(std::int64_t number) { append(std::to_string(number)); }
  void add(reading::Stamp stamp) { append(timestamp(stamp)); }
  void add(std::span<const std::byte> bytes);
  /// As text() returns it.
  void add(std::string_view text);
  /// Nothing is NULL.
  template <class Value>
  void add(const std::optional<Value>& value) {
    value ? add(*value) : append("NULL");
  }

  [[nodiscard]] auto text() const -> std::string { return items_ + "}"; }

 private:
  void append(std::string_view item);
  std::string items_ = "{";
};

/// Advisory locks: two integers, of which the first is "BORN". Always taken in this order, before
/// the rows of `batch`, `stream` and `gateway`, which are locked in the order of their keys: so
/// receivers wait for each other, and never in a circle.
enum class Lock : int { setup = 1, partitions = 2, directory = 3, aside = 4 };
/// Until the end of the transaction.
void take(pqxx::work& work, Lock lock);

}  // namespace bornier::platform::postgres
