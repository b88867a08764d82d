// SPDX-License-Identifier: Apache-2.0
#include "buffer/sealing.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "buffer/dating.hpp"

namespace bornier::buffer {
namespace {

using reading::Answer;
using reading::Entries;
using reading::MeterNumber;
using reading::PointNumber;

struct Halves {
  Entries left;
  Entries right;
};

template <class Item, class Belongs>
void divide_items(std::vector<Item>& from, std::vector<Item>& left, std::vector<Item>& right,
                  Belongs belongs_left) {
  for (auto& item : from) {
    (belongs_left(item) ? left : right).push_back(std::move(item));
  }
}

/// The readings whose point `belongs_left` go left, the others right; an answer that has both kinds
/// becomes two answers of one time. What is not a reading stays in `all`.
template <class Belongs>
auto divide_readings(Entries& all, Belongs belongs_left) -> Halves {
  Halves halves;
  const auto of_point = [&](const auto& reading) { return belongs_left(reading.point); };
  for (auto& answer : all.answers) {
    Answer left{.time = answer.time, .numbers = {}, .texts = {}};
    Answer right = left;
    divide_items(answer.numbers, left.numbers, right.numbers, of_point);
    divide_items(answer.texts, left.texts, right.texts, of_point);
    for (auto& [part, half] : {std::pair{&left, &halves.left}, std::pair{&right, &halves.right}}) {
      if (!part->numbers.empty() || !part->texts.empty()) {
        half->answers.push_back(std::move(*part));
      }
    }
  }
  all.answers.clear();
  return halves;
}

void move_others(Entries& from, Entries& into) {
  into.states = std::move(from.states);
  into.events = std::move(from.events);
  into.gaps = std::move(from.gaps);
}

class Encoder {
 public:
  Encoder(batch::Header header, const PointTable& points, std::size_t batch_max)
      : next_{std::move(header)}, points_{points}, batch_max_{batch_max} {}

  void encode(Entries entries, batch::Class batch_class) {
    if (entries.empty()) {
      return;
    }
    next_.batch_class = batch_class;
    auto payload = batch::encode_batch(next_, entries);
    if (payload.size() > batch_max_) {
      if (auto halves = split(entries)) {
        encode(std::move(halves->left), batch_class);
        encode(std::move(halves->right), batch_class);
        return;
      }
    }
    batch::Header header = next_;
    const auto span = time_span(entries);
    header.readings = reading::count_readings(entries);
    header.first = span->first;
    header.last = span->last;
    batches_.push_back({std::move(header), std::move(payload)});
    next_.sequence = batch::Sequence{next_.sequence.value() + 1};
  }

  auto take() -> std::vector<EncodedBatch> { return std::move(batches_); }

 private:
  /// Nothing if there is nothing to divide. `entries` is consumed otherwise.
  [[nodiscard]] auto split(Entries& entries) const -> std::optional<Halves> {
    std::map<MeterNumber, std::size_t> readings;
    std::size_t total = 0;
    for (const auto& answer : entries.answers) {
      for (const auto& number : answer.numbers) {
        ++readings[points_.meter(number.point)];
      }
      for (const auto& text : answer.texts) {
        ++readings[points_.meter(text.point)];
      }
      total += answer.numbers.size() + answer.texts.size();
    }
    if (readings.size() < 2) {
      return split_by_time(entries);
    }
    std::set<MeterNumber> left;
    std::size_t taken = 0;
    for (const auto& [meter, count] : readings) {
      if (!left.empty() && (2 * taken >= total || left.size() + 1 == readings.size())) {
        break;
      }
      left.insert(meter);
      taken += count;
    }
    auto halves = divide_readings(
        entries, [&](PointNumber point) { return left.contains(points_.meter(point)); });
    move_others(entries, halves.left);
    return halves;
  }

  [[nodiscard]] static auto split_by_time(Entries& entries) -> std::optional<Halves> {
    Halves halves;
    const auto divide = [](auto& from, auto& left, auto& right) {
      const auto middle = from.begin() + static_cast<std::ptrdiff_t>(from.size() / 2);
      left.assign(std::move_iterator{from.begin()}, std::move_iterator{middle});
      right.assign(std::move_iterator{middle}, std::move_iterator{from.end()});
    };
    if (entries.answers.size() > 1) {
      divide(entries.answers, halves.left.answers, halves.right.answers);
      move_others(entries, halves.left);
      return halves;
    }
    if (entries.states.size() + entries.events.size() + entries.gaps.size() > 1 &&
        !entries.answers.empty()) {
      halves.left.answers = std::move(entries.answers);
      move_others(entries, halves.right);
      return halves;
    }
    if (entries.states.size() > 1 || entries.events.size() > 1 || entries.gaps.size() > 1) {
      divide(entries.states, halves.left.states, halves.right.states);
      divide(entries.events, halves.left.events, halves.right.events);
      divide(entries.gaps, halves.left.gaps, halves.right.gaps);
      return halves;
    }
    return std::nullopt;
  }

  batch::Header next_;
  const PointTable& points_;
  std::size_t batch_max_;
  std::vector<EncodedBatch> batches_;
};

}  // namespace

PointTable::PointTable(const batch::Catalog& catalog) {
  rows_.reserve(catalog.points.size());
  for (const auto& point : catalog.points) {
    rows_.push_back({.point = point.number,
                     .meter = point.meter,
                     .billing = point.batch_class == batch::Class::billing});
  }
  std::sort(rows_.begin(), rows_.end(),
            [](const Row& left, const Row& right) { return left.point < right.point; });
}

auto PointTable::find(PointNumber point) const -> const Row* {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), point,
                       [](const Row& row, PointNumber number) { return row.point < number; });
  return found != rows_.end() && found->point == point ? &*found : nullptr;
}

auto PointTable::meter(PointNumber point) const -> MeterNumber {
  const auto* row = find(point);
  return row == nullptr ? MeterNumber{} : row->meter;
}

auto PointTable::is_billing(PointNumber point) const -> bool {
  const auto* row = find(point);
  return row != nullptr && row->billing;
}

auto encode_batches(const batch::Header& header, Entries entries, const PointTable& points,
                    std::size_t batch_max) -> std::vector<EncodedBatch> {
  Encoder encoder{header, points, batch_max};
  auto halves =
      divide_readings(entries, [&](PointNumber point) { return points.is_billing(point); });
  auto& [billing, detail] = halves;
  move_others(entries, billing.answers.empty() ? detail : billing);
  encoder.encode(std::move(detail), batch::Class::detail);
  encoder.encode(std::move(billing), batch::Class::billing);
  return encoder.take();
}

}  // namespace bornier::buffer
