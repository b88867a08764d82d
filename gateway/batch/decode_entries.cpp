// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <utility>

#include "batch/batch.hpp"
#include "batch/groups.hpp"
#include "batch/integer_column.hpp"
#include "batch/messages.hpp"
#include "bornier/v1/telemetry.pb.h"

namespace bornier::batch {
namespace {

/// The columns and qualities of the packed fields, one after the other. A step returns nothing when
/// the field ends too early or holds what it must not.
class PackedFields {
 public:
  explicit PackedFields(const v1::Readings& readings) : readings_{readings} {}

  [[nodiscard]] auto next_column() -> std::optional<Column> {
    if (points_left_ == 0 && !next_run_of_points()) {
      return std::nullopt;
    }
    --points_left_;
    const bool text = is_text_column();
    ++column_;
    return Column{reading::PointNumber{static_cast<std::uint32_t>(point_++)}, text};
  }

  /// A code of `Readings.qualities`.
  [[nodiscard]] auto next_quality() -> std::optional<std::uint32_t> {
    if (readings_.qualities().empty()) {
      return good_cell;
    }
    if (qualities_left_ == 0) {
      if (quality_at_ + 2 > readings_.qualities_size()) {
        return std::nullopt;
      }
      quality_ = readings_.qualities(quality_at_);
      qualities_left_ = readings_.qualities(quality_at_ + 1);
      quality_at_ += 2;
      if (qualities_left_ == 0 || quality_ > largest_quality) {
        return std::nullopt;
      }
    }
    --qualities_left_;
    return quality_;
  }

  [[nodiscard]] auto next_text() -> const std::string* {
    if (text_cell_ == readings_.text_cells_size()) {
      return nullptr;
    }
    const std::uint32_t index = readings_.text_cells(text_cell_++);
    return std::cmp_less(index, readings_.texts_size()) ? &readings_.texts(static_cast<int>(index))
                                                        : nullptr;
  }

  [[nodiscard]] auto at_end() const -> bool {
    return points_left_ == 0 && point_at_ == readings_.points_size() &&
           text_column_at_ == readings_.text_columns_size() && qualities_left_ == 0 &&
           quality_at_ == readings_.qualities_size() && text_cell_ == readings_.text_cells_size();
  }

 private:
  static constexpr std::uint32_t largest_quality =
      std::uint32_t{std::numeric_limits<std::uint16_t>::max()} + 1;

  [[nodiscard]] auto next_run_of_points() -> bool {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
    if (point_at_ + 2 > readings_.points_size()) {
      return false;
    }
    const std::int64_t start =
        wrapping_add(static_cast<std::int64_t>(point_), unzigzag(readings_.points(point_at_)));
    const std::uint64_t length = readings_.points(point_at_ + 1);
    point_at_ += 2;
    if (start < 1 || std::cmp_greater(start, largest) || length == 0 ||
        length > largest + 1 - static_cast<std::uint64_t>(start)) {
      return false;
    }
    point_ = static_cast<std::uint64_t>(start);
    points_left_ = length;
    return true;
  }

  [[nodiscard]] auto is_text_column() -> bool {
    if (text_column_at_ == readings_.text_columns_size() ||
        text_columns_end_ + readings_.text_columns(text_column_at_) != column_ + 1) {
      return false;
    }
    text_columns_end_ = column_ + 1;
    ++text_column_at_;
    return true;
  }

  const v1::Readings& readings_;
  int point_at_{};
  std::uint64_t point_{};
  std::uint64_t points_left_{};
  std::uint64_t column_{};
  int text_column_at_{};
  std::uint64_t text_columns_end_{};
  int quality_at_{};
  std::uint32_t quality_{};
  std::uint32_t qualities_left_{};
  int text_cell_{};
};

class ColumnDecoder {
 public:
  ColumnDecoder(const v1::Readings& readings, std::vector<reading::Answer>& answers)
      : readings_{readings},
        answers_{answers},
        fields_{readings},
        times_{readings.times()},
        numbers_{readings.numbers()} {}

  [[nodiscard]] auto decode() -> std::optional<Fault> {
    if (readings_.groups_size() % 2 != 0) {
      return Fault::columns_disagree;
    }
    std::uint64_t cells = 0;
    for (int at = 0; at < readings_.groups_size(); at += 2) {
      const std::uint64_t columns = readings_.groups(at);
      const std::uint64_t times = readings_.groups(at + 1);
      cells += columns * times;  // at most (2^32 - 1)^2, and checked before the next one is added
      if (columns == 0 || times == 0) {
        return Fault::columns_disagree;
      }
      if (cells > max_cells) {
        return Fault::too_large;
      }
      if (const auto fault =
              decode_group(static_cast<std::size_t>(columns), static_cast<std::size_t>(times))) {
        return fault;
      }
    }
    if (!fields_.at_end() || !times_.at_end() || !numbers_.at_end()) {
      return Fault::columns_disagree;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] auto decode_group(std::size_t columns, std::size_t times) -> std::optional<Fault> {
    values_.resize(times);
    if (!times_.times(values_)) {
      return Fault::columns_disagree;
    }
    const std::size_t first = answers_.size();
    for (const std::int64_t time : values_) {
      auto& answer = answers_.emplace_back();
      answer.time = reading::stamp_at(time);
    }
    const auto answers = std::span{answers_}.subspan(first);
    std::optional<Column> before;
    for (std::size_t index = 0; index < columns; ++index) {
      const auto column = fields_.next_column();
      if (!column || (before && *column < *before)) {
        return Fault::columns_disagree;
      }
      before = column;
      if (const auto fault = decode_column(*column, answers, columns)) {
        return fault;
      }
    }
    const auto has_nothing = [](const reading::Answer& answer) {
      return answer.numbers.empty() && answer.texts.empty();
    };
    answers_.erase(std::remove_if(answers_.begin() + static_cast<std::ptrdiff_t>(first),
                                  answers_.end(), has_nothing),
                   answers_.end());
    return std::nullopt;
  }

  [[nodiscard]] auto decode_column(Column column, std::span<reading::Answer> answers,
                                   std::size_t columns) -> std::optional<Fault> {
    filled_.clear();
    for (auto& answer : answers) {
      const auto code = fields_.next_quality();
      if (!code) {
        return Fault::columns_disagree;
      }
      if (*code != empty_cell) {
        const auto flags = static_cast<std::uint16_t>(*code == good_cell ? 0 : *code - 1);
        filled_.emplace_back(&answer, reading::Quality{flags});
      }
    }
    if (filled_.empty()) {
      return std::nullopt;
    }
    return column.text ? decode_texts(column.point) : decode_numbers(column.point, columns);
  }

  [[nodiscard]] auto decode_numbers(reading::PointNumber point, std::size_t columns)
      -> std::optional<Fault> {
    values_.resize(filled_.size());
    exponents_.resize(filled_.size());
    if (!numbers_.numbers(values_, exponents_)) {
      return Fault::columns_disagree;
    }
    for (std::size_t index = 0; index < filled_.size(); ++index) {
      const auto& [answer, quality] = filled_[index];
      if (answer->numbers.empty()) {
        answer->numbers.reserve(columns);
      }
      answer->numbers.push_back(
          reading::Number{point, quality, reading::Decimal{values_[index], exponents_[index]}});
    }
    return std::nullopt;
  }

  [[nodiscard]] auto decode_texts(reading::PointNumber point) -> std::optional<Fault> {
    for (const auto& [answer, quality] : filled_) {
      const std::string* text = fields_.next_text();
      if (text == nullptr) {
        return Fault::columns_disagree;
      }
      text_bytes_ += text->size();
      if (text_bytes_ > max_text_bytes) {
        return Fault::too_large;
      }
      answer->texts.push_back(reading::Text{point, quality, *text});
    }
    return std::nullopt;
  }

  const v1::Readings& readings_;
  std::vector<reading::Answer>& answers_;
  PackedFields fields_;
  ColumnReader times_;
  ColumnReader numbers_;
  std::size_t text_bytes_{};
  std::vector<std::int64_t> values_;
  std::vector<std::int8_t> exponents_;
  std::vector<std::pair<reading::Answer*, reading::Quality>> filled_;
};

/// Reads each message of a repeated field into `to`.
template <class From, class To>
[[nodiscard]] auto read_all(const From& from, std::vector<To>& to) -> std::optional<Fault> {
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const auto& message : from) {
    auto entry = batch::read(message);
    if (!entry) {
      return entry.error();
    }
    to.push_back(*std::move(entry));
  }
  return std::nullopt;
}

}  // namespace

auto decode_entries(std::span<const std::byte> bytes) -> wire::Result<reading::Entries, Fault> {
  constexpr std::size_t packed_fields = 16;
  if (bytes.size() > max_body_bytes) {
    return Fault::too_large;
  }
  const auto fields = count_fields(bytes);
  if (!fields) {
    return Fault::not_protobuf;
  }
  if (*fields > max_other_entries + packed_fields) {
    return Fault::too_large;
  }
  v1::Readings readings;
  if (!readings.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fault::not_protobuf;
  }
  reading::Entries entries;
  if (const auto fault = ColumnDecoder{readings, entries.answers}.decode()) {
    return *fault;
  }
  for (const auto& fault :
       {read_all(readings.states(), entries.states), read_all(readings.events(), entries.events),
        read_all(readings.gaps(), entries.gaps)}) {
    if (fault) {
      return *fault;
    }
  }
  return entries;
}

}  // namespace bornier::batch
