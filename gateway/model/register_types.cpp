// SPDX-License-Identifier: Apache-2.0
#include "model/register_types.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace bornier::model {
namespace {

struct TypeName {
  std::string_view name;
  RegisterType type;
  std::uint16_t registers;
};
constexpr std::array type_names{
    TypeName{"uint16", RegisterType::uint16, 1},
    TypeName{"int16", RegisterType::int16, 1},
    TypeName{"uint32", RegisterType::uint32, 2},
    TypeName{"int32", RegisterType::int32, 2},
    TypeName{"uint64", RegisterType::uint64, 4},
    TypeName{"int64", RegisterType::int64, 4},
    TypeName{"float32", RegisterType::float32, 2},
    TypeName{"float64", RegisterType::float64, 4},
    TypeName{"enum16", RegisterType::enum16, 1},
    TypeName{"bits16", RegisterType::bits16, 1},
    TypeName{"bits32", RegisterType::bits32, 2},
    TypeName{"bool", RegisterType::boolean, 1},
    TypeName{"bcd16", RegisterType::bcd16, 1},
    TypeName{"bcd32", RegisterType::bcd32, 2},
    TypeName{"int16_sm", RegisterType::int16_sm, 1},
    TypeName{"int32_sm", RegisterType::int32_sm, 2},
    TypeName{"int48_sm", RegisterType::int48_sm, 3},
    TypeName{"uint48", RegisterType::uint48, 3},
    TypeName{"mant24exp8_u", RegisterType::mant24exp8_u, 2},
    TypeName{"mant24exp8_s", RegisterType::mant24exp8_s, 2},
    TypeName{"pf_flags32", RegisterType::pf_flags32, 2},
    TypeName{"mbus_f", RegisterType::mbus_f, 2},
    TypeName{"unix32", RegisterType::unix32, 2},
    TypeName{"unix64", RegisterType::unix64, 4},
    TypeName{"bcd48_smhdmy", RegisterType::bcd48_smhdmy, 3},
};

/// Followed by the number of registers: "string:8".
struct SizedTypeName {
  std::string_view name;
  RegisterType type;
  unsigned most;
};
constexpr std::array sized_type_names{
    SizedTypeName{"string:", RegisterType::text, 125},
    SizedTypeName{"string1:", RegisterType::text1, 125},
    SizedTypeName{"hex:", RegisterType::hex, 125},
    SizedTypeName{"base10000:", RegisterType::base10000, 4},
};

}  // namespace

auto parse_register_type(std::string_view name) -> std::optional<Encoding> {
  const auto found = std::ranges::find(type_names, name, &TypeName::name);
  if (found != type_names.end()) {
    return Encoding{found->type, found->registers, false, false};
  }
  const auto sized = std::ranges::find_if(sized_type_names, [name](const SizedTypeName& known) {
    return name.starts_with(known.name);
  });
  if (sized == sized_type_names.end()) {
    return std::nullopt;
  }
  unsigned registers = 0;
  const auto* last = name.data() + name.size();
  const auto [end, fault] = std::from_chars(name.data() + sized->name.size(), last, registers);
  if (fault != std::errc{} || end != last || registers < 1 || registers > sized->most) {
    return std::nullopt;
  }
  return Encoding{sized->type, static_cast<std::uint16_t>(registers), false, false};
}

auto register_type_names() -> std::string {
  std::string names;
  for (const TypeName& known : type_names) {
    names += std::string{known.name} + ", ";
  }
  for (const SizedTypeName& known : sized_type_names) {
    names += std::string{known.name} + "N (N from 1 to " + std::to_string(known.most) + "), ";
  }
  names.resize(names.size() - 2);
  return names;
}

auto to_text(wire::Table table) noexcept -> std::string_view {
  switch (table) {
    case wire::Table::input_register: return "input";
    case wire::Table::holding_register: return "holding";
    case wire::Table::coil: return "coil";
    case wire::Table::discrete_input: return "discrete";
  }
  return "";
}

}  // namespace bornier::model
