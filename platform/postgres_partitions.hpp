// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database.hpp"
#include "platform/retention.hpp"

namespace bornier::platform::postgres {

/// A calendar month (UTC) of detail readings, or a year of billing ones, between 2000 and 2100: a
/// wrong clock cannot make more of them than there are months.
struct Partition {
  batch::Class readings{};
  int year{};
  unsigned month{};  ///< of detail; 0: the whole year

  friend auto operator<=>(const Partition&, const Partition&) -> std::strong_ordering = default;
  /// "reading_detail_2026_03"
  [[nodiscard]] auto name() const -> std::string;
  [[nodiscard]] auto first() const -> reading::Stamp;
  /// The first moment after it.
  [[nodiscard]] auto end() const -> reading::Stamp;
};

/// Where a reading goes; nothing for times before 2000 or from 2100 on, which have their places.
[[nodiscard]] auto partition_of(batch::Class readings, reading::Stamp time)
    -> std::optional<Partition>;
/// The inverse of Partition::name().
[[nodiscard]] auto parse_partition(std::string_view name) -> std::optional<Partition>;

/// A table that could not be emptied or dropped.
struct Refusal {
  std::string table;
  std::string why;  ///< in the server's words
};

/// The partitions of `reading`: made when their first reading comes, dropped whole. Each change is
/// a short transaction of its own, so nobody waits for a commit that is running. Throws pqxx's
/// exceptions; then it is to be thrown away.
class Partitions {
 public:
  /// Makes what the readings of these arrivals need.
  void make_for(pqxx::connection& connection, std::span<const Arrival> arrivals);

  /// Drops what ended longer ago than it is to be kept, by the earlier of `now` and the server's
  /// clock, and empties what wrong clocks dated before 2000 by the same rule. One that somebody
  /// reads just now is left for the next time, and so is one that the server refuses to drop, which
  /// is returned: storing does not depend on it.
  [[nodiscard]] auto drop_expired(pqxx::connection& connection, const Retention& retention,
                                  reading::Stamp now) -> std::vector<Refusal>;

 private:
  static void make(pqxx::connection& connection, const Partition& partition);

  std::set<Partition> made_;
};

}  // namespace bornier::platform::postgres
