// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "intake/fault.hpp"
#include "model/decode.hpp"
#include "model/model.hpp"
#include "reading/time.hpp"
#include "wire/result.hpp"

namespace bornier::intake {

inline constexpr std::size_t max_samples = 4096;
inline constexpr std::size_t max_text_bytes = 1024;

/// What a meter showed at one moment.
struct Sample {
  std::optional<reading::Stamp> time;  ///< the meter's own; nothing: the arrival counts
  std::vector<model::Decoded> points;
};

/// What one message says of one meter.
struct Content {
  std::vector<Sample> samples;      ///< with at least one point each
  std::string identity;             ///< names the message; empty: nothing in it does
  std::uint32_t unusable_values{};  ///< texts where a number is wanted
  std::uint32_t unusable_times{};   ///< no time where the model has one
  std::string complaint;            ///< the first of both, in one clause; empty if there is none
};

/// Whose messages are read.
struct Subject {
  const model::Model& model;
  const model::Settings& settings;
  std::span<const std::size_t> points;                 ///< wanted ones, ascending
  const std::map<std::string, std::string>& captures;  ///< that the configuration fills
};

/// What `payload` of the model's message says. Nothing if it is not meant for this meter (`where`,
/// `begins`, `length`) or has nothing of it (`root`).
/// `captures` are those of its topic. Times are as the meter says them: nobody has looked yet
/// whether they can be believed.
[[nodiscard]] auto read_message(const Subject& subject, std::size_t message,
                                const model::Captures& captures, std::span<const std::byte> payload)
    -> wire::Result<std::optional<Content>, Fault>;

}  // namespace bornier::intake
