// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

/// Where `bornier node` finds things in a node. tests/node/register_map.cpp does not compile where
/// these are not the firmware's own.
namespace bornier::app::node_at {

// Input registers.
inline constexpr std::uint16_t identity = 0x0000;
inline constexpr std::uint16_t serial = 0x0004;
inline constexpr std::uint16_t identity_end = 0x001E;
inline constexpr std::uint16_t counts = 0x0100;  ///< and intervals, rejected and lost edges
inline constexpr std::uint16_t counts_end = 0x014A;
inline constexpr std::uint16_t events = 0x0400;
// Holding registers.
inline constexpr std::uint16_t unit_id = 0;  ///< and baud, format
inline constexpr std::uint16_t settings_end = 8;
inline constexpr std::uint16_t line_confirm = 8;
inline constexpr std::uint16_t unlock = 9;
inline constexpr std::uint16_t inputs = 0x0100;
inline constexpr std::uint16_t input_stride = 16;
inline constexpr std::uint16_t input_words = 12;
inline constexpr std::uint16_t pulse_mantissa = 4;  ///< of an input; exponent, unit, start index
inline constexpr std::uint16_t start_index = 8;
// Discrete inputs and coils.
inline constexpr std::uint16_t line_on_trial = 27;
inline constexpr std::uint16_t bits_end = 30;
inline constexpr std::uint16_t save_now = 0;

inline constexpr std::uint16_t map_id = 0x424E;
inline constexpr std::uint16_t map_version = 1;
inline constexpr std::uint16_t unlock_key = 0x5EA1;
inline constexpr std::uint16_t input_count = 8;
inline constexpr std::uint16_t event_count = 32;
inline constexpr std::uint16_t event_words = 8;
inline constexpr int trial_seconds = 30;

/// In config/models.
inline constexpr std::string_view model_id = "bornier-node";

}  // namespace bornier::app::node_at
