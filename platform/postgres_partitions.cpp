// SPDX-License-Identifier: Apache-2.0
#include "platform/postgres_partitions.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "platform/postgres_values.hpp"

namespace bornier::platform::postgres {
namespace {

constexpr int first_year = 2000;
constexpr int end_year = 2100;
constexpr std::string_view lock_not_available = "55P03";

auto table_of(batch::Class readings) -> std::string {
  return readings == batch::Class::billing ? "reading_billing" : "reading_detail";
}

auto first_of(int year, unsigned month) -> reading::Stamp {
  const std::chrono::sys_days day{std::chrono::year{year} / std::chrono::month{month} / 1};
  return reading::Stamp{std::chrono::milliseconds{day.time_since_epoch()}};
}

auto parse_number(std::string_view digits) -> std::optional<int> {
  int number{};
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size();
  return whole ? std::optional{number} : std::nullopt;
}

auto server_now(pqxx::connection& connection) -> reading::Stamp {
  pqxx::nontransaction work{connection};
  return reading::stamp_at(
      work.exec1("SELECT (extract(epoch FROM now()) * 1000)::bigint")[0].as<std::int64_t>());
}

auto existing(pqxx::connection& connection, batch::Class readings) -> std::vector<Partition> {
  pqxx::nontransaction work{connection};
  std::vector<Partition> partitions;
  for (const auto& row :
       work.exec_params("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                        "WHERE i.inhparent = to_regclass($1) ORDER BY 1",
                        table_of(readings))) {
    if (const auto partition = parse_partition(row[0].c_str())) {
      partitions.push_back(*partition);
    }
  }
  return partitions;
}

/// Where the server does not say, TRUNCATE will say why.
auto may_have_rows(pqxx::connection& connection, const std::string& table) -> bool {
  try {
    pqxx::work work{connection};
    work.exec("SET LOCAL lock_timeout = '2s'");
    return work.exec1("SELECT EXISTS (SELECT FROM " + table + ")")[0].as<bool>();
  } catch (const pqxx::sql_error&) {
    return true;
  }
}

/// In a transaction of its own. A refusal without a reason: somebody uses the table just now.
auto try_alone(pqxx::connection& connection, const std::string& table, const std::string& sql)
    -> std::optional<Refusal> {
  try {
    pqxx::work work{connection};
    work.exec("SET LOCAL lock_timeout = '2s'");
    work.exec(sql);
    work.commit();
    return std::nullopt;
  } catch (const pqxx::sql_error& error) {
    const std::string_view text = error.what();
    return Refusal{table, error.sqlstate() == lock_not_available
                              ? std::string{}
                              : std::string{text.substr(0, text.find('\n'))}};
  }
}

}  // namespace

auto Partition::name() const -> std::string {
  auto name = table_of(readings) + "_" + std::to_string(year);
  if (month != 0) {
    name += month < 10 ? "_0" : "_";
    name += std::to_string(month);
  }
  return name;
}

auto Partition::first() const -> reading::Stamp {
  return first_of(year, month == 0 ? 1 : month);
}

auto Partition::end() const -> reading::Stamp {
  return month == 0 || month == 12 ? first_of(year + 1, 1) : first_of(year, month + 1);
}

auto partition_of(batch::Class readings, reading::Stamp time) -> std::optional<Partition> {
  if (time < first_of(first_year, 1) || time >= first_of(end_year, 1)) {
    return std::nullopt;
  }
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<reading::Stamp::duration>{time.time_since_epoch()});
  const std::chrono::year_month_day date{day};
  const bool by_month = readings == batch::Class::detail;
  return Partition{readings, static_cast<int>(date.year()),
                   by_month ? static_cast<unsigned>(date.month()) : 0};
}

auto parse_partition(std::string_view name) -> std::optional<Partition> {
  for (const auto readings : {batch::Class::detail, batch::Class::billing}) {
    const auto prefix = table_of(readings) + "_";
    if (!name.starts_with(prefix) || name.size() < prefix.size() + 4) {
      continue;
    }
    const auto year = parse_number(name.substr(prefix.size(), 4));
    const auto rest = name.substr(prefix.size() + 4);
    const auto month = rest.empty() ? std::optional{0} : parse_number(rest.substr(1));
    if (!year || !month || *month < 0 || *month > 12) {
      return std::nullopt;
    }
    const Partition partition{readings, *year, static_cast<unsigned>(*month)};
    const bool by_month = readings == batch::Class::detail;
    return partition.name() == name && by_month != rest.empty() ? std::optional{partition}
                                                                : std::nullopt;
  }
  return std::nullopt;
}

void Partitions::make_for(pqxx::connection& connection, std::span<const Arrival> arrivals) {
  std::set<Partition> needed;
  for (const auto& arrival : arrivals) {
    const auto* batch = std::get_if<BatchArrival>(&arrival);
    const auto* entries = batch ? std::get_if<reading::Entries>(&batch->batch.body) : nullptr;
    if (!entries) {
      continue;
    }
    for (const auto& answer : entries->answers) {
      if (const auto partition = partition_of(batch->batch.header.batch_class, answer.time)) {
        needed.insert(*partition);
      }
    }
  }
  for (const auto& partition : needed) {
    if (!made_.contains(partition)) {
      make(connection, partition);
      made_.insert(partition);
    }
  }
}

void Partitions::make(pqxx::connection& connection, const Partition& partition) {
  pqxx::work work{connection};
  take(work, Lock::partitions);
  const auto name = partition.name();
  if (work.exec_params1("SELECT to_regclass($1)", name)[0].is_null()) {
    // Attached, not made in its place: so nobody who reads is waited for, and nobody waits.
    work.exec("CREATE TABLE " + name + " (LIKE reading INCLUDING ALL)");
    work.exec("ALTER TABLE " + table_of(partition.readings) + " ATTACH PARTITION " + name +
              " FOR VALUES FROM ('" + timestamp(partition.first()) + "') TO ('" +
              timestamp(partition.end()) + "')");
  }
  work.commit();
}

auto Partitions::drop_expired(pqxx::connection& connection, const Retention& retention,
                              reading::Stamp now) -> std::vector<Refusal> {
  std::vector<Refusal> refusals;
  const auto earlier = std::min(now, server_now(connection));
  for (const auto& [readings, keep] : {std::pair{batch::Class::detail, retention.detail},
                                       std::pair{batch::Class::billing, retention.billing}}) {
    if (!keep) {
      continue;
    }
    for (const auto& partition : existing(connection, readings)) {
      if (partition.end() > earlier - *keep) {
        continue;
      }
      const auto table = partition.name();
      if (const auto refusal = try_alone(connection, table, "DROP TABLE IF EXISTS " + table)) {
        refusals.push_back(*refusal);
      }
      made_.erase(partition);
    }
    // A board without a clock begins in 1970: what it dates would stay for ever.
    const auto before = table_of(readings) + "_before";
    if (first_of(first_year, 1) <= earlier - *keep && may_have_rows(connection, before)) {
      if (const auto refusal = try_alone(connection, before, "TRUNCATE " + before)) {
        refusals.push_back(*refusal);
      }
    }
  }
  std::erase_if(refusals, [](const Refusal& refusal) { return refusal.why.empty(); });
  return refusals;
}

}  // namespace bornier::platform::postgres
