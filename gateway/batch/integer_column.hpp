// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "batch/bit_stream.hpp"

/// Integer columns of telemetry.proto (`Readings.numbers`): first value, then residuals of a
/// predictor, both with widths that are carried from column to column.
namespace bornier::batch {

class ColumnWriter {
 public:
  /// Mode TIMES; at least one value.
  void times(std::span<const std::int64_t> values);
  /// Mode NUMBERS; at least one value, as many exponents as mantissas.
  void numbers(std::span<const std::int64_t> mantissas, std::span<const std::int8_t> exponents);
  /// The stream. Ends the writer.
  [[nodiscard]] auto take() -> std::string { return bits_.take(); }

 private:
  void exponents(std::span<const std::int8_t> exponents);
  void first(std::int64_t value);
  void rest(std::span<const std::int64_t> values);

  BitWriter bits_;
  int width_{};
  int order_{};
  int exponent_{};
  std::int64_t origin_{};
};

/// Each call reads one column of the size of the spans, at least 1. False: the stream does not hold
/// such a column, and what the spans hold is of no meaning.
class ColumnReader {
 public:
  explicit ColumnReader(std::string_view bytes) noexcept : bits_{bytes} {}

  [[nodiscard]] auto times(std::span<std::int64_t> values) -> bool;
  [[nodiscard]] auto numbers(std::span<std::int64_t> mantissas, std::span<std::int8_t> exponents)
      -> bool;
  [[nodiscard]] auto at_end() const noexcept -> bool { return bits_.at_end(); }

 private:
  [[nodiscard]] auto exponents(std::span<std::int8_t> exponents) -> bool;
  [[nodiscard]] auto change_exponent(std::uint64_t change) -> bool;
  [[nodiscard]] auto first(std::int64_t& value) -> bool;
  [[nodiscard]] auto rest(std::span<std::int64_t> values) -> bool;

  BitReader bits_;
  std::int64_t width_{};
  std::int64_t order_{};
  std::int64_t exponent_{};
  std::int64_t origin_{};
};

}  // namespace bornier::batch
