// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

/// Registers of a meter that nobody has a model of.
namespace bornier::model {

/// A reference as manuals print it (40001 is the first holding register, 30001 the first input
/// register; with six digits 400001 …) or an address as on the wire, from 0. In a table of
/// registers 1 to 9999 after the leading digit are references; `@40001` is always an address.
/// Nothing if it is neither.
[[nodiscard]] auto parse_register(std::string_view text, wire::Table table)
    -> std::optional<std::uint16_t>;
/// "40001", or "400001" where five digits do not suffice.
[[nodiscard]] auto reference_of(std::uint16_t address, wire::Table table) -> std::string;

/// What the words say, in as many digits as they have; a text as it is. "?" if they say nothing.
[[nodiscard]] auto plain_value(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::string;

/// All values under one order of words and bytes.
struct OrderTrial {
  Encoding encoding;
  std::vector<std::string> values;
  bool plausible{};  ///< clearly more so than under the other orders
};
/// `words` hold values of `encoding.type` one behind the other; words at the end that are no whole
/// value are left out. Orders that make no difference are not tried.
[[nodiscard]] auto try_orders(std::span<const std::uint16_t> words, const Encoding& encoding)
    -> std::vector<OrderTrial>;

}  // namespace bornier::model
