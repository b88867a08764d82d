// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace bornier::intake {

/// Why nothing is taken from a message. The numbers reach the logs: append, never renumber.
enum class Fault : std::uint8_t {
  too_large = 1,  ///< above max_payload_bytes
  not_utf8,
  not_json,
  too_deep,          ///< JSON nested above max_json_depth
  too_many_values,   ///< JSON of more than max_json_values
  place_missing,     ///< no `data` or array of samples where the model has it
  not_coded,         ///< no base64 or hexadecimal digits
  too_many_samples,  ///< above max_samples
};

/// One clause for the operator: what is wrong and what to look at.
[[nodiscard]] auto to_text(Fault fault) noexcept -> std::string_view;

}  // namespace bornier::intake
