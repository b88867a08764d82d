// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "model/decode.hpp"
#include "model/writing.hpp"
#include "simulator/meter.hpp"

/// How a simulated meter takes what is written to it.
namespace bornier::simulator {
namespace {

using wire::ExceptionCode;

/// As the Eastron meters have it: the password opens locked settings for a minute.
constexpr std::chrono::minutes unlocked_for{1};

auto words_of(wire::RegistersView values) -> std::vector<std::uint16_t> {
  std::vector<std::uint16_t> words;
  for (std::size_t index = 0; index < values.size(); ++index) {
    words.push_back(values[index]);
  }
  return words;
}

/// A value is written whole, except by function 6, register by register.
auto fits(const model::Point& point, const Change& change) -> bool {
  const std::uint32_t first = change.first;
  const auto end = first + change.words.size();
  const std::uint32_t point_end = std::uint32_t{point.address} + point.encoding.registers;
  const bool inside = point.table == change.table && first >= point.address && end <= point_end;
  return inside && (change.function == 6 || change.words.size() == point.encoding.registers);
}

}  // namespace

auto change_of(const wire::Request& request) -> std::optional<Change> {
  Change change;
  change.function = static_cast<std::uint8_t>(wire::function_of(request));
  change.table = wire::Table::holding_register;
  if (const auto* coil = std::get_if<wire::WriteSingleCoil>(&request)) {
    change.table = wire::Table::coil;
    change.first = coil->address.value();
    change.words = {static_cast<std::uint16_t>(coil->on ? 1 : 0)};
  } else if (const auto* coils = std::get_if<wire::WriteCoils>(&request)) {
    change.table = wire::Table::coil;
    change.first = coils->first.value();
    for (std::size_t index = 0; index < coils->values.size(); ++index) {
      change.words.push_back(coils->values[index] ? 1 : 0);
    }
  } else if (const auto* one = std::get_if<wire::WriteSingleRegister>(&request)) {
    change.first = one->address.value();
    change.words = {one->value};
  } else if (const auto* several = std::get_if<wire::WriteRegisters>(&request)) {
    change.first = several->first.value();
    change.words = words_of(several->values);
  } else {
    return std::nullopt;
  }
  return change;
}

auto Meter::take(const Change& change, reading::Instant now) -> std::optional<ExceptionCode> {
  const model::Model& model = *description_.model;
  const bool is_register = change.table == wire::Table::holding_register;
  const bool other_function =
      model.writing.function != 0 && is_register && model.writing.function != change.function;
  if (other_function || std::ranges::none_of(model.points, [&](const model::Point& point) {
        return point.access.writable && point.table == change.table;
      })) {
    return ExceptionCode::illegal_function;
  }
  if (is_password_place(change)) {
    return take_password(change, now);
  }
  const auto point = std::ranges::find_if(model.points, [&](const model::Point& each) {
    return each.access.writable && fits(each, change);
  });
  if (point == model.points.end()) {
    return ExceptionCode::illegal_data_address;
  }
  if (point->access.locked && (!unlocked_until_ || now > *unlocked_until_)) {
    return ExceptionCode::server_device_failure;
  }
  if (!means_something(*point, change)) {
    return ExceptionCode::illegal_data_value;
  }
  if (!description_.ignores_writes) {
    keep(*point, change);
  }
  return std::nullopt;
}

auto Meter::is_password_place(const Change& change) const -> bool {
  const auto& unlock = description_.model->writing.unlock;
  return unlock && change.table == wire::Table::holding_register && change.first == unlock->address;
}

auto Meter::take_password(const Change& change, reading::Instant now)
    -> std::optional<ExceptionCode> {
  const model::Unlock& unlock = *description_.model->writing.unlock;
  const auto right = model::words_of_value(reading::to_text(unlock.password), unlock.encoding);
  if (right != change.words) {
    return ExceptionCode::illegal_data_value;
  }
  unlocked_until_ = now + unlocked_for;
  return std::nullopt;
}

/// Within the limits and among the labels of the model.
auto Meter::means_something(const model::Point& point, const Change& change) const -> bool {
  if (change.words.size() != point.encoding.registers) {
    return true;
  }
  const auto index = static_cast<std::size_t>(&point - description_.model->points.data());
  const std::array<std::size_t, 1> points{index};
  const std::array<model::RegisterBlock, 1> blocks{
      model::RegisterBlock{change.table, change.first, change.words, point.alone}};
  const auto decoded = model::decode(*description_.model, settings_, points, blocks).front();
  const auto* number = std::get_if<reading::Decimal>(&decoded.value);
  return number == nullptr || model::parse_written(point, reading::to_text(*number)).has_value();
}

void Meter::keep(const model::Point& point, const Change& change) {
  if (point.access.write_only || point.access.momentary) {
    return;
  }
  for (std::size_t index = 0; index < change.words.size(); ++index) {
    const auto address = static_cast<std::uint16_t>(change.first + index);
    written_[{change.table, address}] = change.words[index];
  }
  if (model::tells_a_setting(
          *description_.model,
          static_cast<std::size_t>(&point - description_.model->points.data()))) {
    show_under(change);
  }
  if (point.access.sets != model::Sets::unit_id) {
    return;
  }
  std::vector<std::uint16_t> words;
  for (std::uint16_t offset = 0; offset < point.encoding.registers; ++offset) {
    words.push_back(word_at(point.table, static_cast<std::uint16_t>(point.address + offset)));
  }
  const auto index = static_cast<std::size_t>(&point - description_.model->points.data());
  const std::array<std::size_t, 1> points{index};
  const std::array<model::RegisterBlock, 1> blocks{
      model::RegisterBlock{point.table, point.address, words, point.alone}};
  const auto decoded = model::decode(*description_.model, settings_, points, blocks).front();
  if (const auto* number = std::get_if<reading::Decimal>(&decoded.value)) {
    const auto unit = model::reach_after(point, *number).unit_id;
    next_unit_ = unit ? std::optional{wire::UnitId{*unit}} : std::nullopt;
  }
  if (!point.access.after_restart) {
    restart();
  }
}

/// All values stand in the registers as the new setting has them; those that it knows no way to say
/// stay as they are.
void Meter::show_under(const Change& change) {
  for (std::size_t index = 0; index < change.words.size(); ++index) {
    image_.write(change.table, static_cast<std::uint16_t>(change.first + index),
                 change.words[index]);
  }
  static_cast<void>(write(constants_).has_value());
  shown_row_.reset();
}

void Meter::restart() {
  unlocked_until_.reset();
  if (next_unit_) {
    description_.unit = *std::exchange(next_unit_, std::nullopt);
  }
}

auto Meter::word_at(wire::Table table, std::uint16_t address) const -> std::uint16_t {
  const auto written = written_.find({table, address});
  return written != written_.end() ? written->second : image_.read(table, address);
}

}  // namespace bornier::simulator
