// SPDX-License-Identifier: Apache-2.0
#include "batch/integer_column.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace bornier::batch {
namespace {

enum class Predictor : std::uint8_t { previous = 0, linear = 1 };

/// What the predictor expects at `index` >= 1.
[[nodiscard]] auto predicted(Predictor predictor, std::span<const std::int64_t> values,
                             std::size_t index) -> std::int64_t {
  const std::int64_t previous = values[index - 1];
  if (predictor == Predictor::previous || index == 1) {
    return previous;
  }
  return wrapping_add(previous, wrapping_subtract(previous, values[index - 2]));
}

[[nodiscard]] auto residual(Predictor predictor, std::span<const std::int64_t> values,
                            std::size_t index) -> std::uint64_t {
  return zigzag(wrapping_subtract(values[index], predicted(predictor, values, index)));
}

/// How a column may be written, and the bits that its residuals then take.
struct Coding {
  Predictor predictor{};
  int order{};  ///< 0: no residuals; else k + 1
  std::uint64_t bits{};
};

/// The cheapest order for a predictor: the best one lies near the width of the mean residual.
[[nodiscard]] auto best_coding(Predictor predictor, std::span<const std::int64_t> values,
                               int order_before) -> Coding {
  std::uint64_t sum = 0;
  std::uint64_t largest = 0;
  for (std::size_t index = 1; index < values.size(); ++index) {
    const std::uint64_t value = residual(predictor, values, index);
    largest = std::max(largest, value);
    sum = sum + value < sum ? std::numeric_limits<std::uint64_t>::max() : sum + value;
  }
  const auto header_bits = [order_before](int order) -> std::uint64_t {
    return golomb_size(zigzag(order - order_before), 0) + (order == 0 ? 0U : 1U);
  };
  if (largest == 0) {
    return Coding{predictor, 0, header_bits(0)};
  }
  const auto middle = static_cast<int>(std::bit_width(sum / (values.size() - 1)));
  // EG(0) ends before the largest value of all.
  const int lowest = largest == std::numeric_limits<std::uint64_t>::max() ? 1 : 0;
  Coding best{predictor, 0, std::numeric_limits<std::uint64_t>::max()};
  for (int k = std::max(lowest, middle - 3); k <= std::min(63, std::max(lowest, middle)); ++k) {
    std::uint64_t bits = header_bits(k + 1);
    for (std::size_t index = 1; index < values.size(); ++index) {
      bits += golomb_size(residual(predictor, values, index), static_cast<unsigned>(k));
    }
    if (bits < best.bits) {
      best = Coding{predictor, k + 1, bits};
    }
  }
  return best;
}

}  // namespace

void ColumnWriter::times(std::span<const std::int64_t> values) {
  first(wrapping_subtract(values.front(), origin_));
  origin_ = values.front();
  rest(values);
}

void ColumnWriter::numbers(std::span<const std::int64_t> mantissas,
                           std::span<const std::int8_t> exponents_of_values) {
  exponents(exponents_of_values);
  first(mantissas.front());
  rest(mantissas);
}

void ColumnWriter::exponents(std::span<const std::int8_t> exponents) {
  const auto change_to = [this](std::int8_t exponent) {
    const std::uint64_t change = zigzag(exponent - exponent_);
    exponent_ = exponent;
    return change;
  };
  const auto differs = [&](std::int8_t exponent) { return exponent != exponents.front(); };
  if (std::none_of(exponents.begin(), exponents.end(), differs)) {
    const std::uint64_t change = change_to(exponents.front());
    bits_.golomb(change == 0 ? 0 : change + 1, 0);
    return;
  }
  bits_.golomb(1, 0);
  for (auto run = exponents.begin(); run != exponents.end();) {
    const std::int8_t exponent = *run;
    const auto end = std::find_if(run, exponents.end(),
                                  [exponent](std::int8_t other) { return other != exponent; });
    bits_.golomb(change_to(exponent), 0);
    bits_.golomb(static_cast<std::uint64_t>(end - run) - 1, 0);
    run = end;
  }
}

void ColumnWriter::first(std::int64_t value) {
  const std::uint64_t magnitude = zigzag(value);
  const auto width = static_cast<int>(std::bit_width(magnitude));
  bits_.golomb(zigzag(width - width_), 0);
  width_ = width;
  if (width > 1) {
    bits_.bits(magnitude, static_cast<unsigned>(width - 1));
  }
}

void ColumnWriter::rest(std::span<const std::int64_t> values) {
  if (values.size() < 2) {
    return;
  }
  Coding coding = best_coding(Predictor::previous, values, order_);
  if (values.size() > 2 && coding.order != 0) {
    const Coding linear = best_coding(Predictor::linear, values, order_);
    coding = linear.bits < coding.bits ? linear : coding;
  }
  bits_.golomb(zigzag(coding.order - order_), 0);
  order_ = coding.order;
  if (coding.order == 0) {
    return;
  }
  bits_.bits(static_cast<std::uint64_t>(coding.predictor), 1);
  for (std::size_t index = 1; index < values.size(); ++index) {
    bits_.golomb(residual(coding.predictor, values, index),
                 static_cast<unsigned>(coding.order - 1));
  }
}

auto ColumnReader::times(std::span<std::int64_t> values) -> bool {
  if (!first(values.front())) {
    return false;
  }
  origin_ = wrapping_add(origin_, values.front());
  values.front() = origin_;
  return rest(values);
}

auto ColumnReader::numbers(std::span<std::int64_t> mantissas,
                           std::span<std::int8_t> exponents_of_values) -> bool {
  return exponents(exponents_of_values) && first(mantissas.front()) && rest(mantissas);
}

auto ColumnReader::change_exponent(std::uint64_t change) -> bool {
  exponent_ = wrapping_add(exponent_, unzigzag(change));
  return exponent_ >= std::numeric_limits<std::int8_t>::min() &&
         exponent_ <= std::numeric_limits<std::int8_t>::max() && !bits_.failed();
}

auto ColumnReader::exponents(std::span<std::int8_t> exponents) -> bool {
  const std::uint64_t head = bits_.golomb(0);
  if (head != 1) {
    const bool known = change_exponent(head == 0 ? 0 : head - 1);
    std::fill(exponents.begin(), exponents.end(), static_cast<std::int8_t>(exponent_));
    return known;
  }
  for (auto left = exponents; !left.empty();) {
    if (!change_exponent(bits_.golomb(0))) {
      return false;
    }
    const std::uint64_t length_less_one = bits_.golomb(0);
    if (bits_.failed() || length_less_one >= left.size()) {
      return false;
    }
    const auto run = left.first(static_cast<std::size_t>(length_less_one) + 1);
    std::fill(run.begin(), run.end(), static_cast<std::int8_t>(exponent_));
    left = left.subspan(run.size());
  }
  return true;
}

auto ColumnReader::first(std::int64_t& value) -> bool {
  width_ = wrapping_add(width_, unzigzag(bits_.golomb(0)));
  if (bits_.failed() || width_ < 0 || width_ > 64) {
    return false;
  }
  std::uint64_t magnitude = 0;
  if (width_ > 0) {
    const auto low = static_cast<unsigned>(width_ - 1);
    magnitude = (std::uint64_t{1} << low) | bits_.bits(low);
  }
  value = unzigzag(magnitude);
  return !bits_.failed();
}

auto ColumnReader::rest(std::span<std::int64_t> values) -> bool {
  if (values.size() < 2) {
    return true;
  }
  order_ = wrapping_add(order_, unzigzag(bits_.golomb(0)));
  if (bits_.failed() || order_ < 0 || order_ > 64) {
    return false;
  }
  if (order_ == 0) {
    std::fill(values.begin() + 1, values.end(), values.front());
    return true;
  }
  const auto predictor = bits_.bits(1) == 0 ? Predictor::previous : Predictor::linear;
  const auto k = static_cast<unsigned>(order_ - 1);
  for (std::size_t index = 1; index < values.size(); ++index) {
    values[index] = wrapping_add(predicted(predictor, values, index), unzigzag(bits_.golomb(k)));
  }
  return !bits_.failed();
}

}  // namespace bornier::batch
