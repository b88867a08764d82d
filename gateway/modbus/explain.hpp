// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "modbus/exchange.hpp"

namespace bornier::modbus {

/// A part of a frame in hexadecimal, and what it means.
struct ExplainedField {
  std::string bytes;  ///< "00 02"
  std::string meaning;

  friend auto operator==(const ExplainedField&, const ExplainedField&) -> bool = default;
};

/// A request frame, field by field. What does not fit is one field that says why.
[[nodiscard]] auto explain_request(Framing framing, std::span<const std::byte> frame)
    -> std::vector<ExplainedField>;
/// The same for what came back; `request` is the frame that asked.
[[nodiscard]] auto explain_answer(Framing framing, std::span<const std::byte> request,
                                  std::span<const std::byte> frame) -> std::vector<ExplainedField>;

}  // namespace bornier::modbus
