// SPDX-License-Identifier: Apache-2.0
#include "simulator/meter.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/register_texts.hpp"
#include "model/register_words.hpp"
#include "model/sunspec.hpp"
#include "wire/device_identification.hpp"

namespace bornier::simulator {
namespace {

auto covers(const model::Point& point, wire::Table table, std::uint32_t address) -> bool {
  return point.table == table && address >= point.address &&
         address < std::uint32_t{point.address} + point.encoding.registers;
}

/// Whether every point whose unit or weight the code tells has a value under this option of it.
auto suits(const model::Model& model, const model::Settings& settings, std::size_t code,
           std::size_t option) -> bool {
  return std::ranges::none_of(model.points, [&](const model::Point& point) {
    const auto choice = point.setting ? settings.choice(*point.setting) : 0;
    return point.code == code &&
           point.conversions[choice * model.codes[code].values.size() + option].contradicts;
  });
}

/// What code registers hold unless the description says otherwise: of each field the first code
/// that goes with the settings.
auto usual_codes(const model::Model& model, const model::Settings& settings)
    -> std::map<std::size_t, std::uint64_t> {
  std::map<std::size_t, std::uint64_t> registers;
  for (std::size_t index = 0; index < model.codes.size(); ++index) {
    const model::Code& code = model.codes[index];
    for (std::size_t option = 0; option < code.values.size(); ++option) {
      if (suits(model, settings, index, option)) {
        registers[code.point] |= code.values[option] << code.first_bit;
        break;
      }
    }
  }
  return registers;
}

/// Where the end model stands.
auto end_of(const std::vector<model::SunSpecModel>& models) -> std::uint32_t {
  return std::uint32_t{models.back().first} + models.back().registers;
}

/// By point, when it is written: what tells weight and unit before the factors, and all else after
/// both.
constexpr std::uint8_t last_turn = 3;
auto turns_of(const model::Model& model) -> std::vector<std::uint8_t> {
  std::vector<std::uint8_t> turns(model.points.size(), 2);
  for (const model::Point& point : model.points) {
    for (const model::Factor& factor : point.factors) {
      turns[factor.point] = 1;
    }
  }
  for (const model::Code& code : model.codes) {
    turns[code.point] = 0;
  }
  for (const model::Setting& setting : model.settings) {
    if (setting.point) {
      turns[*setting.point] = 0;
    }
  }
  return turns;
}

/// The points that others are multiplied with, and what they hold unless the description says
/// otherwise: nothing is changed by them.
auto neutral_factors(const model::Model& model) -> std::map<std::size_t, std::string> {
  std::map<std::size_t, std::string> values;
  for (const model::Point& point : model.points) {
    for (const model::Factor& factor : point.factors) {
      values[factor.point] = factor.kind == model::Factor::Kind::power_of_ten ? "0" : "1";
    }
  }
  return values;
}

/// A content of the registers that is a sign of the model: the first that the file names.
auto usual_words(const model::Sign& sign) -> std::optional<std::vector<std::uint16_t>> {
  auto text = sign.values.front();
  std::erase(text, '*');
  if (model::is_text(sign.encoding.type)) {
    return model::words_of(text, sign.encoding);
  }
  const auto number = reading::parse_decimal(text);
  const auto bits =
      number ? model::bits_of({reading::integer(number->mantissa)}, sign.encoding) : std::nullopt;
  return bits ? std::optional{model::words_of(*bits, sign.encoding)} : std::nullopt;
}

auto is_within_scan_list(const model::Model& model, const wire::Read& read) -> bool {
  const auto& list = model.scan_list;
  return list && read.table == wire::Table::holding_register &&
         read.first.value() >= list->address &&
         read.first.value() + read.quantity <= list->address + list->parameters.size();
}

}  // namespace

auto value_of(const model::Point& point, const std::string& text)
    -> std::optional<model::PointValue> {
  if (text == "?") {
    return std::monostate{};
  }
  if (takes_text(point)) {
    return text;
  }
  const auto number = reading::parse_decimal(text);
  return number ? std::optional<model::PointValue>{*number} : std::nullopt;
}

Meter::Meter(MeterDescription description, model::Settings settings)
    : description_{std::move(description)},
      settings_{std::move(settings)},
      settled_(description_.model->points.size()),
      turns_{turns_of(*description_.model)} {}

auto Meter::create(MeterDescription description) -> wire::Result<Meter, std::string> {
  const model::Model& model = *description.model;
  model::Settings settings{model};
  model::Settings shown{model};  // by registers, which may be written
  for (const auto& [name, choice] : description.settings) {
    const auto setting = std::ranges::find(model.settings, name, &model::Setting::name);
    const bool by_register = setting != model.settings.end() && setting->point;
    if (!(by_register ? shown : settings).choose(model, name, choice)) {
      return "meter " + description.name + ": model " + model.id + " has no setting " + name +
             " = " + choice;
    }
  }
  for (std::size_t index = 0; index < model.settings.size(); ++index) {
    if (const model::Setting& setting = model.settings[index]; setting.point) {
      description.fixed.try_emplace(model.points[*setting.point].name,
                                    std::to_string(setting.values[shown.choice(index)]));
    }
  }
  Meter meter{std::move(description), std::move(settings)};
  meter.write_sunspec_list();
  meter.write_scan_list();
  meter.add_signs();
  if (const auto written = meter.write_constants(); !written) {
    return written.error();
  }
  const auto* recording = meter.description_.recording.get();
  const std::size_t rows = recording == nullptr ? 0 : recording->size();
  for (std::size_t row = rows; row-- > 0;) {
    if (const auto written = meter.write((*recording)[row]); !written) {
      return "meter " + meter.description_.name + ": row " + std::to_string(row) + ": " +
             written.error();
    }
  }
  return meter;
}

/// The models stand where the model file assumes them, which is where most devices have them.
void Meter::write_sunspec_list() {
  const auto& models = description_.model->sunspec;
  if (models.empty()) {
    return;
  }
  const auto put = [this](std::uint32_t address, std::uint16_t word) {
    image_.write(wire::Table::holding_register, static_cast<std::uint16_t>(address), word);
  };
  put(model::sunspec_places[0], model::sunspec_mark[0]);
  put(model::sunspec_places[0] + 1U, model::sunspec_mark[1]);
  for (const model::SunSpecModel& one : models) {
    put(one.first, one.id);
    put(one.first + 1U, static_cast<std::uint16_t>(one.registers - model::sunspec_header));
  }
  put(end_of(models), model::sunspec_end);
}

/// The meter has been told to show what its model reads.
void Meter::write_scan_list() {
  const auto& list = description_.model->scan_list;
  for (std::size_t index = 0; list && index < list->parameters.size(); ++index) {
    image_.write(wire::Table::holding_register, static_cast<std::uint16_t>(list->address + index),
                 list->parameters[index]);
  }
}

/// Unless the description fixes the point that stands there.
void Meter::add_signs() {
  const model::Model& model = *description_.model;
  for (const model::Sign& sign : model.detect.signs) {
    const auto point = std::ranges::find_if(model.points, [&sign](const model::Point& one) {
      return one.table == sign.table && one.address == sign.address &&
             one.encoding.registers == sign.encoding.registers;
    });
    const auto fixed = point == model.points.end() ? description_.fixed.end()
                                                   : description_.fixed.find(point->name);
    auto words = usual_words(sign);
    if (fixed != description_.fixed.end()) {
      const auto value = value_of(*point, fixed->second);
      model::RegisterImage image;
      const auto index = static_cast<std::size_t>(point - model.points.begin());
      words.reset();
      if (value && model::encode(model, settings_, index, *value, image)) {
        words.emplace();
        for (std::uint16_t offset = 0; offset < sign.encoding.registers; ++offset) {
          words->push_back(
              image.read(sign.table, static_cast<std::uint16_t>(sign.address + offset)));
        }
      }
    }
    if (!words) {
      continue;
    }
    const bool in_blocks = point != model.points.end() && !point->alone;
    for (std::size_t offset = 0; in_blocks && offset < words->size(); ++offset) {
      image_.write(sign.table, static_cast<std::uint16_t>(sign.address + offset), (*words)[offset]);
    }
    signs_.push_back({sign.table, sign.address, *std::move(words)});
  }
}

auto Meter::write_constants() -> wire::Result<void, std::string> {
  const model::Model& model = *description_.model;
  const auto codes = usual_codes(model, settings_);
  auto fixed = description_.fixed;
  for (const auto& [point, word] : codes) {
    fixed.try_emplace(model.points[point].name, std::to_string(word));
  }
  Row row;
  for (const auto& [name, text] : fixed) {
    const auto point = model::find_point(model, name);
    auto value = point ? value_of(model.points[*point], text) : std::nullopt;
    if (!value) {
      return "meter " + description_.name + ": " + name + " = " + text + ": " +
             (point ? "no decimal number" : "model " + model.id + " has no such point");
    }
    settled_[*point] = true;
    if (turns_[*point] != 0) {
      constants_.emplace_back(*point, *value);
    }
    row.emplace_back(*point, *std::move(value));
  }
  add_neutral_factors(row);
  if (const auto written = write(row); !written) {
    return "meter " + description_.name + ": " + written.error();
  }
  if (description_.recording != nullptr) {
    for (const auto& [point, value] : (*description_.recording)[0]) {
      settled_[point] = true;
    }
  }
  if (description_.generate) {
    std::vector<bool> wanted = settled_;
    wanted.flip();
    for (std::size_t point = 0; point < wanted.size(); ++point) {
      wanted[point] = wanted[point] && model.points[point].parts.empty() &&
                      std::ranges::none_of(codes, [&](const auto& code) {
                        return covers(model.points[point], model.points[code.first].table,
                                      model.points[code.first].address);
                      });
    }
    load_.emplace(model, settings_, wanted, description_.seed, description_.row_every);
  }
  return {};
}

/// Those that cannot hold what changes nothing stay 0.
void Meter::add_neutral_factors(Row& row) {
  const model::Model& model = *description_.model;
  model::RegisterImage trial;
  for (const auto& [point, value] : row) {
    if (turns_[point] == 0) {
      static_cast<void>(model::encode(model, settings_, point, value, trial));
    }
  }
  for (const auto& [point, value] : neutral_factors(model)) {
    const auto number = reading::parse_decimal(value);
    if (!settled_[point] && number && model::encode(model, settings_, point, *number, trial)) {
      row.emplace_back(point, *number);
    }
    settled_[point] = true;
  }
}

/// encode() scales a point by what the image holds: that is written first.
auto Meter::write(const Row& row) -> wire::Result<void, std::string> {
  for (std::uint8_t turn = 0; turn < last_turn; ++turn) {
    for (const auto& [point, value] : row) {
      if (turns_[point] != turn) {
        continue;
      }
      const auto written = model::encode(*description_.model, settings_, point, value, image_);
      if (!written) {
        return description_.model->points[point].name + ": " +
               std::string{model::to_text(written.error())};
      }
    }
  }
  return {};
}

/// Made-up values have more digits than some registers: the last ones are dropped until they fit.
void Meter::write_roughly(const Row& row) {
  for (const auto& [point, value] : row) {
    auto number = std::get<reading::Decimal>(value);
    while (!model::encode(*description_.model, settings_, point, number, image_) &&
           number.mantissa != 0) {
      number.mantissa /= 10;
      ++number.exponent;
    }
  }
}

auto Meter::row_at(std::chrono::milliseconds since_start) const -> std::uint64_t {
  const auto passed = std::max(since_start, std::chrono::milliseconds{0}) / description_.row_every;
  const auto row = static_cast<std::uint64_t>(passed);
  if (description_.recording == nullptr) {
    return row;
  }
  const std::uint64_t rows = description_.recording->size();
  return description_.wrap ? row % rows : std::min(row, rows - 1);
}

void Meter::show(std::uint64_t row) {
  if (std::exchange(shown_row_, row) == row) {
    return;
  }
  if (description_.recording != nullptr) {
    // Every row was written once by create(): none can fail.
    static_cast<void>(write((*description_.recording)[row]).has_value());
  }
  if (load_) {
    write_roughly(load_->at(row));
  }
}

auto Meter::sleeps(reading::Instant now) -> bool {
  const auto sleeps_after = description_.model->timing.sleeps_after;
  const auto last = std::exchange(last_request_, now);
  return sleeps_after.count() > 0 && (!last || now - *last > sleeps_after);
}

auto Meter::serve(std::span<const std::byte> request, std::chrono::milliseconds since_start,
                  reading::Instant now) -> Served {
  Served served;
  served.row = row_at(since_start);
  served.function = request.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(request[0]);
  const auto decoded = wire::decode_request(request);
  if (decoded) {
    if (const auto* read = std::get_if<wire::Read>(&*decoded)) {
      served.address = read->first.value();
      served.count = read->quantity;
    }
  }
  const auto change = decoded ? change_of(*decoded) : std::nullopt;
  if (change) {
    served.address = change->first;
    served.count = static_cast<std::uint16_t>(change->words.size());
    served.written = change->words;
  }
  if (description_.dead || sleeps(now)) {
    return served;
  }
  show(served.row);
  if (decoded) {
    served.exception = change ? take(*change, now) : refusal(*decoded);
  } else {
    served.exception = wire::exception_for(decoded.error());
  }
  if (!served.exception) {
    served.answer = answer(*decoded);
  } else if (description_.model->timing.answers_exceptions) {
    const auto pdu = wire::encode_exception(request, *served.exception);
    served.answer = pdu ? std::optional{*pdu} : std::nullopt;
  } else {
    served.exception.reset();
  }
  return served;
}

auto Meter::sign_at(const wire::Request& request) const -> const std::vector<std::uint16_t>* {
  const auto* read = std::get_if<wire::Read>(&request);
  const auto sign = std::ranges::find_if(signs_, [read](const model::TestRegisters& one) {
    return read != nullptr && one.table == read->table && one.first == read->first.value() &&
           one.words.size() == read->quantity;
  });
  return sign == signs_.end() ? nullptr : &sign->words;
}

auto Meter::refusal(const wire::Request& request) const -> std::optional<wire::ExceptionCode> {
  if (std::holds_alternative<wire::ReadDeviceIdentification>(request) ||
      sign_at(request) != nullptr) {
    return std::nullopt;
  }
  const auto* read = std::get_if<wire::Read>(&request);
  const auto& points = description_.model->points;
  const auto in_table = [&](const model::Point& point) {
    return point.table == read->table && !point.access.write_only;
  };
  if (read != nullptr && is_within_scan_list(*description_.model, *read)) {
    return std::nullopt;
  }
  if (read == nullptr || std::ranges::none_of(points, in_table)) {
    return wire::ExceptionCode::illegal_function;
  }
  const model::Limits& limits = description_.model->limits;
  const std::uint32_t first = read->first.value();
  const std::uint32_t last = first + read->quantity - 1;
  if ((!wire::is_bits(read->table) && read->quantity > limits.registers_per_request) ||
      (limits.even && (first % 2 != 0 || read->quantity % 2 != 0))) {
    return wire::ExceptionCode::illegal_data_value;
  }
  if (const auto& models = description_.model->sunspec; !models.empty()) {
    const bool inside =
        first >= model::sunspec_places[0] && last < end_of(models) + model::sunspec_header;
    return inside ? std::nullopt : std::optional{wire::ExceptionCode::illegal_data_address};
  }
  const auto around = [&](const model::AddressRange& range) {
    return range.table == read->table && first >= range.first && last <= range.last;
  };
  if (!limits.ranges.empty() && std::ranges::none_of(limits.ranges, around)) {
    return wire::ExceptionCode::illegal_data_address;
  }
  for (std::uint32_t address = first; address <= last && !limits.holes_readable; ++address) {
    if (std::ranges::none_of(points, [&](const model::Point& point) {
          return covers(point, read->table, address) && !point.access.write_only;
        })) {
      return wire::ExceptionCode::illegal_data_address;
    }
  }
  return std::nullopt;
}

auto Meter::answer(const wire::Request& request) const -> std::optional<wire::Pdu> {
  std::array<std::byte, wire::max_pdu_size> room{};
  wire::Response response = wire::Written{};
  if (const auto* read = std::get_if<wire::Read>(&request)) {
    response = values(*read, room);
  } else if (const auto* asked = std::get_if<wire::ReadDeviceIdentification>(&request)) {
    response = identification(*asked, room);
  }
  const auto pdu = wire::encode_response(request, response);
  return pdu ? std::optional{*pdu} : std::nullopt;
}

auto Meter::values(const wire::Read& read, std::span<std::byte> room) const -> wire::Response {
  if (const auto* sign = sign_at(read)) {
    return wire::Registers{wire::pack(*sign, room)};
  }
  std::vector<std::uint16_t> words(read.quantity);
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto address = static_cast<std::uint16_t>(read.first.value() + index);
    words[index] = word_at(read.table, address);
  }
  if (!wire::is_bits(read.table)) {
    return wire::Registers{wire::pack(words, room)};
  }
  for (std::size_t index = 0; index < words.size(); ++index) {
    room[index / 8] |= static_cast<std::byte>((words[index] != 0 ? 1U : 0U) << index % 8);
  }
  return wire::Bits{wire::BitsView{room, words.size()}};
}

auto Meter::identification(const wire::ReadDeviceIdentification& request,
                           std::span<std::byte> room) const -> wire::Response {
  const model::Model& model = *description_.model;
  const auto object = [](std::uint8_t id, std::string_view text) {
    return wire::DeviceObject{id, std::as_bytes(std::span{text.substr(0, 200)})};
  };
  const std::array objects{object(0, model.manufacturer), object(1, model.id),
                           object(2, model.version)};
  return wire::answer_identification(request, objects, room.first<wire::max_device_objects_size>());
}

}  // namespace bornier::simulator
