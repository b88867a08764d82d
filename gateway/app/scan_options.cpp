// SPDX-License-Identifier: Apache-2.0
#include "app/scan_options.hpp"

#include <algorithm>
#include <charconv>

#include "app/hypotheses.hpp"

namespace bornier::app {
namespace {

constexpr unsigned last_unit = 255;

auto number_of(std::string_view text) -> std::optional<unsigned> {
  unsigned number = 0;
  const auto* last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, number);
  const bool is_unit = fault == std::errc{} && end == last && number <= last_unit;
  return is_unit ? std::optional{number} : std::nullopt;
}

auto format_of(const model::Serial& serial, std::uint8_t stop_bits) -> modbus::SerialFormat {
  return {serial.baud, static_cast<modbus::Parity>(serial.parity), stop_bits};
}

void add(std::vector<modbus::SerialFormat>& formats, modbus::SerialFormat format) {
  if (std::ranges::find(formats, format) == formats.end()) {
    formats.push_back(format);
  }
}

}  // namespace

auto parse_unit_ids(std::string_view text) -> std::optional<std::vector<std::uint8_t>> {
  std::vector<std::uint8_t> units;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto part = text.substr(at, comma - at);
    const auto dash = part.find('-');
    const auto first = number_of(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(part.substr(dash + 1));
    if (!first || !last || *first > *last) {
      return std::nullopt;
    }
    for (auto unit = *first; unit <= *last; ++unit) {
      const auto id = static_cast<std::uint8_t>(unit);
      if (std::ranges::find(units, id) == units.end()) {
        units.push_back(id);
      }
    }
    at = comma + 1;
  }
  return units;
}

auto formats_to_try(const std::vector<std::uint32_t>& bauds,
                    const std::vector<modbus::Parity>& parities, std::uint8_t stop_bits,
                    std::span<const std::shared_ptr<const model::Model>> models)
    -> std::vector<modbus::SerialFormat> {
  const std::vector<std::uint32_t> usual_bauds{9'600, 19'200};
  const std::vector<modbus::Parity> usual_parities{modbus::Parity::none, modbus::Parity::even};
  std::vector<modbus::SerialFormat> formats;
  for (const auto baud : bauds.empty() ? usual_bauds : bauds) {
    for (const auto parity : parities.empty() ? usual_parities : parities) {
      add(formats, {baud, parity, stop_bits});
    }
  }
  const auto makers = [&](const modbus::SerialFormat& format) {
    return std::ranges::count_if(
        models, [&](const auto& model) { return format_of(model->serial, stop_bits) == format; });
  };
  for (const auto& model : models) {
    if (bauds.empty() && parities.empty()) {
      add(formats, format_of(model->serial, stop_bits));
    }
  }
  std::ranges::stable_sort(formats, [&makers](const auto& left, const auto& right) {
    return makers(left) > makers(right);
  });
  return formats;
}

auto question_for_all(std::span<const std::shared_ptr<const model::Model>> models) -> wire::Read {
  for (const auto& hypothesis : hypotheses_of(models)) {
    if (!hypothesis.model->timing.answers_exceptions && !hypothesis.values.empty()) {
      const auto& question = hypothesis.values.front();
      return {question.table, wire::RegisterAddress{question.first}, question.count};
    }
  }
  return {wire::Table::holding_register, wire::RegisterAddress{0}, 1};
}

auto to_text(const modbus::SerialFormat& format) -> std::string {
  const char parity = format.parity == modbus::Parity::none   ? 'N'
                      : format.parity == modbus::Parity::even ? 'E'
                                                              : 'O';
  return std::to_string(format.baud) + " 8" + parity + std::to_string(format.stop_bits);
}

}  // namespace bornier::app
