// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "batch/batch.hpp"
#include "batch/groups.hpp"
#include "batch/integer_column.hpp"
#include "batch/messages.hpp"
#include "bornier/v1/telemetry.pb.h"
#include "reading/utf8.hpp"

namespace bornier::batch {
namespace {

/// Pairs (value, length) into a packed field.
template <class Field>
class RunWriter {
 public:
  explicit RunWriter(Field& field) : field_{field} {}
  void add(std::uint32_t value) {
    if (length_ != 0 && value != value_) {
      finish();
    }
    value_ = value;
    ++length_;
  }
  void finish() {
    field_.Add(value_);
    field_.Add(length_);
    length_ = 0;
  }

 private:
  Field& field_;
  std::uint32_t value_{};
  std::uint32_t length_{};
};

/// Fills the columns of one `Readings`.
class ColumnEncoder {
 public:
  ColumnEncoder(const Grouping& grouping, v1::Readings& readings)
      : grouping_{grouping}, readings_{readings}, qualities_{*readings.mutable_qualities()} {}

  void encode() {
    for (const Group& group : grouping_.groups) {
      readings_.add_groups(static_cast<std::uint32_t>(group.columns.size()));
      readings_.add_groups(static_cast<std::uint32_t>(group.rows.size()));
      encode_times(group);
      encode_cells(group);
      for (const Column& column : group.columns) {
        encode_column(column);
      }
    }
    finish();
  }

 private:
  void encode_times(const Group& group) {
    values_.clear();
    for (const std::size_t row : group.rows) {
      values_.push_back(milliseconds_since_1970(grouping_.rows[row].time));
    }
    times_.times(values_);
  }

  /// Lays the group's rows out as cells column by column; empty ones are null.
  void lay_out(const Group& group) {
    const std::size_t height = group.rows.size();
    grid_.assign(group.columns.size() * height, nullptr);
    for (std::size_t time = 0; time < height; ++time) {
      std::size_t column = 0;
      for (const Cell& cell : grouping_.cells_of(grouping_.rows[group.rows[time]])) {
        while (group.columns[column] != cell.column) {
          ++column;
        }
        grid_[column * height + time] = &cell;
        ++column;
      }
    }
  }

  void encode_cells(const Group& group) {
    lay_out(group);
    const std::size_t height = group.rows.size();
    for (std::size_t column = 0; column < group.columns.size(); ++column) {
      values_.clear();
      exponents_.clear();
      for (const Cell* cell : std::span{grid_}.subspan(column * height, height)) {
        encode_cell(cell);
      }
      if (!values_.empty()) {
        numbers_.numbers(values_, exponents_);
      }
    }
  }

  void encode_cell(const Cell* cell) {
    if (cell == nullptr) {
      qualities_.add(empty_cell);
      all_good_ = false;
      return;
    }
    const reading::Quality quality =
        cell->number != nullptr ? cell->number->quality : cell->text->quality;
    qualities_.add(quality.flags == 0 ? good_cell : quality.flags + std::uint32_t{1});
    all_good_ = all_good_ && quality.flags == 0;
    if (cell->number != nullptr) {
      values_.push_back(cell->number->value.mantissa);
      exponents_.push_back(cell->number->value.exponent);
      return;
    }
    const auto next = static_cast<std::uint32_t>(text_numbers_.size());
    const auto [known, is_new] = text_numbers_.try_emplace(cell->text->value, next);
    if (is_new) {
      readings_.add_texts(reading::to_utf8(cell->text->value));
    }
    readings_.add_text_cells(known->second);
  }

  void encode_column(const Column& column) {
    const std::uint64_t point = column.point.value();
    if (run_length_ != 0 && point == run_end_) {
      ++run_length_;
      ++run_end_;
    } else {
      finish_points();
      readings_.add_points(
          zigzag(static_cast<std::int64_t>(point) - static_cast<std::int64_t>(run_end_)));
      run_length_ = 1;
      run_end_ = point + 1;
    }
    ++columns_;
    if (column.text) {
      readings_.add_text_columns(columns_ - text_columns_end_);
      text_columns_end_ = columns_;
    }
  }

  void finish_points() {
    if (run_length_ != 0) {
      readings_.add_points(run_length_);
    }
  }

  void finish() {
    if (grouping_.groups.empty()) {
      return;
    }
    finish_points();
    if (all_good_) {
      readings_.clear_qualities();
    } else {
      qualities_.finish();
    }
    readings_.set_times(times_.take());
    readings_.set_numbers(numbers_.take());
  }

  const Grouping& grouping_;
  v1::Readings& readings_;
  ColumnWriter times_;
  ColumnWriter numbers_;
  RunWriter<google::protobuf::RepeatedField<std::uint32_t>> qualities_;
  bool all_good_{true};
  std::uint64_t run_end_{};     ///< one after the last point of the run being counted
  std::uint64_t run_length_{};  ///< 0: no run yet
  std::uint32_t columns_{};
  std::uint32_t text_columns_end_{};
  std::unordered_map<std::string_view, std::uint32_t> text_numbers_;
  std::vector<const Cell*> grid_;
  std::vector<std::int64_t> values_;
  std::vector<std::int8_t> exponents_;
};

}  // namespace

auto encode_entries(const reading::Entries& entries) -> std::vector<std::byte> {
  v1::Readings readings;
  const Grouping grouping = group_answers(entries.answers);
  ColumnEncoder{grouping, readings}.encode();
  for (const auto& state : entries.states) {
    write(state, *readings.add_states());
  }
  for (const auto& event : entries.events) {
    write(event, *readings.add_events());
  }
  for (const auto& gap : entries.gaps) {
    write(gap, *readings.add_gaps());
  }
  return serialised(readings);
}

auto canonical(const reading::Entries& entries) -> reading::Entries {
  reading::Entries result;
  const Grouping grouping = group_answers(entries.answers);
  result.answers.reserve(grouping.rows.size());
  for (const Group& group : grouping.groups) {
    for (const std::size_t row : group.rows) {
      auto& answer = result.answers.emplace_back();
      answer.time = grouping.rows[row].time;
      for (const Cell& cell : grouping.cells_of(grouping.rows[row])) {
        if (cell.number != nullptr) {
          answer.numbers.push_back(*cell.number);
        } else {
          answer.texts.push_back(reading::Text{cell.text->point, cell.text->quality,
                                               reading::to_utf8(cell.text->value)});
        }
      }
    }
  }
  result.states = entries.states;
  result.events = entries.events;
  for (auto& event : result.events) {
    event.text = reading::to_utf8(event.text);
  }
  result.gaps = entries.gaps;
  return result;
}

}  // namespace bornier::batch
