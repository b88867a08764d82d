// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "batch/batch.hpp"
#include "batch/catalog.hpp"
#include "buffer/store.hpp"
#include "reading/entries.hpp"

/// What the tests of this room share: a temporary state directory, and readings that are told apart
/// by their value.
namespace bornier::buffer {

/// Removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  auto operator=(const TemporaryDirectory&) -> TemporaryDirectory& = delete;
  [[nodiscard]] auto path() const -> const std::filesystem::path& { return path_; }

 private:
  std::filesystem::path path_;
};

/// 2026-01-01T00:00:00Z.
constexpr reading::Stamp new_year = reading::stamp_at(1'767'225'600'000);

/// Of meter 1: `gauge` (detail), `counter` (billing). Of meter 2: `other_gauge` (detail).
constexpr reading::PointNumber gauge{1};
constexpr reading::PointNumber counter{2};
constexpr reading::PointNumber other_gauge{3};
[[nodiscard]] auto three_points() -> batch::Catalog;

[[nodiscard]] auto settings_in(const TemporaryDirectory& directory) -> Settings;

/// Trusted, at `stamp`; booted one hour before new_year.
[[nodiscard]] auto clock_at(reading::Stamp stamp, const std::string& boot = "boot-a") -> Clock;
/// As clock_at, but UTC is not to be believed.
[[nodiscard]] auto untrusted_clock_at(reading::Stamp stamp, const std::string& boot = "boot-a")
    -> Clock;

[[nodiscard]] auto number(reading::PointNumber point, std::int64_t value) -> reading::Number;
[[nodiscard]] auto answer(reading::Stamp time, std::vector<reading::Number> numbers)
    -> reading::Answer;
/// One answer with one reading of `gauge`.
[[nodiscard]] auto entries(reading::Stamp time, std::int64_t value,
                           reading::PointNumber point = gauge) -> reading::Entries;

/// How often each value is in the store, sealed or not; 1 for each if nothing is lost or doubled.
[[nodiscard]] auto values_in(const std::filesystem::path& directory) -> std::map<std::int64_t, int>;

/// Every batch of the current stream from 1 on, decoded. Fails the test if a number is missing.
[[nodiscard]] auto batches_of(Store& store) -> std::vector<batch::Batch>;

}  // namespace bornier::buffer
