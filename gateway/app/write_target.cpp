// SPDX-License-Identifier: Apache-2.0
#include "app/write_target.hpp"

#include <array>
#include <memory>
#include <utility>

#include "model/plain_registers.hpp"
#include "model/register_types.hpp"

namespace bornier::app {
namespace {

auto name_of(const PlainPlace& place) -> std::string {
  if (place.table == wire::Table::coil) {
    return "coil " + std::to_string(place.first);
  }
  return "holding register " + model::reference_of(place.first, place.table);
}

/// Why the place cannot be written; empty if it can.
auto objection(const PlainPlace& place) -> std::string {
  const bool coil = place.table == wire::Table::coil;
  if (!coil && place.table != wire::Table::holding_register) {
    return "only holding registers and coils can be written";
  }
  if ((place.encoding.type == model::RegisterType::boolean) != coil) {
    return coil ? "a coil is 0 or 1 and has no type" : "a register has more than one bit";
  }
  if (place.first + place.encoding.registers > 65'536U) {
    return "the registers go past address 65535";
  }
  if (place.encoding.registers > wire::max_write_registers) {
    return "one request writes up to 123 registers";
  }
  const auto function = place.function;
  const bool known = coil ? function == 5 || function == 15 : function == 6 || function == 16;
  if (function != 0 && !known) {
    return coil ? "a coil is written with function 5 or 15"
                : "a register is written with function 6 or 16";
  }
  return {};
}

auto pdu_of(const wire::Request& request) -> wire::Pdu {
  const auto pdu = wire::encode_request(request);
  return pdu ? *pdu : wire::Pdu{};  // objection() has kept what it refuses out
}

}  // namespace

auto target_of_point(const MeterSettings& meter, std::string_view name)
    -> wire::Result<WriteTarget, std::string> {
  const auto index = model::find_writable(*meter.model, name);
  if (!index) {
    return index.error();
  }
  const auto& point = meter.model->points[*index];
  WriteTarget target;
  target.meter = meter;
  target.point = *index;
  target.place = {.table = point.table,
                  .first = point.address,
                  .encoding = point.encoding,
                  .function = meter.model->writing.function};
  if (point.table == wire::Table::coil) {
    target.place.function = 0;
  }
  if (!point.access.write_only) {
    const std::array<std::size_t, 1> points{*index};
    auto requests = plan_requests(*meter.model, points);
    if (!requests) {
      return requests.error();
    }
    target.requests = std::move(*requests);
  }
  target.name = point.name + " (" + name_of(target.place) + ")";
  return target;
}

auto target_of_place(const MeterSettings& meter, const PlainPlace& place)
    -> wire::Result<WriteTarget, std::string> {
  if (auto wrong = objection(place); !wrong.empty()) {
    return wrong;
  }
  WriteTarget target;
  target.meter = meter;
  model::Model model;
  if (meter.model) {
    model.timing = meter.model->timing;
  }
  target.meter.model = std::make_shared<const model::Model>(std::move(model));
  target.place = place;
  const auto count = wire::is_bits(place.table) ? std::uint16_t{1} : place.encoding.registers;
  target.requests = {{.table = place.table, .first = place.first, .count = count, .points = {}}};
  target.name = name_of(place);
  return target;
}

auto parse_wanted(const WriteTarget& target, std::string_view text)
    -> wire::Result<Wanted, model::Objection> {
  Wanted wanted;
  if (target.point) {
    const auto& model = *target.meter.model;
    const auto value = model::parse_written(model.points[*target.point], text);
    if (!value) {
      return value.error();
    }
    wanted.value = *value;
    wanted.shown = model::shown(model, *target.meter.settings, *target.point, *value);
    return wanted;
  }
  if (target.place.table == wire::Table::coil && (text == "on" || text == "off")) {
    text = text == "on" ? "1" : "0";
  }
  auto words = model::words_of_value(text, target.place.encoding);
  if (!words) {
    const bool coil = target.place.table == wire::Table::coil;
    return model::Objection{target.name + " cannot hold \"" + std::string{text} +
                            (coil ? "\"; a coil is 0 or 1" : "\" in this type; see --type")};
  }
  wanted.words = std::move(*words);
  wanted.shown = shown(target.place, wanted.words);
  return wanted;
}

auto shown(const PlainPlace& place, std::span<const std::uint16_t> words) -> std::string {
  return model::plain_value(words, place.encoding);
}

auto writes_of(const PlainPlace& place, std::span<const std::uint16_t> words)
    -> std::vector<wire::Pdu> {
  const wire::RegisterAddress first{place.first};
  if (place.table == wire::Table::coil) {
    const bool on = !words.empty() && words.front() != 0;
    if (place.function == 15) {
      const std::array<std::byte, 1> packed{on ? std::byte{1} : std::byte{0}};
      return {pdu_of(wire::WriteCoils{first, wire::BitsView{packed, 1}})};
    }
    return {pdu_of(wire::WriteSingleCoil{first, on})};
  }
  std::vector<wire::Pdu> requests;
  if (place.function == 6 || (place.function == 0 && words.size() == 1)) {
    for (std::size_t index = 0; index < words.size(); ++index) {
      const wire::RegisterAddress address{static_cast<std::uint16_t>(place.first + index)};
      requests.push_back(pdu_of(wire::WriteSingleRegister{address, words[index]}));
    }
    return requests;
  }
  std::array<std::byte, wire::max_pdu_size> room{};
  requests.push_back(pdu_of(wire::WriteRegisters{first, wire::pack(words, room)}));
  return requests;
}

}  // namespace bornier::app
