// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "batch/batch.hpp"
#include "reading/entries.hpp"

/// How the closed lists of the stream are called in views and in republished JSON.
namespace bornier::platform {

/// "gateway_started"; empty for a kind of a newer gateway.
[[nodiscard]] auto to_text(reading::EventKind kind) noexcept -> std::string_view;
/// "evicted_bytes"; empty for a reason of a newer gateway.
[[nodiscard]] auto to_text(reading::GapReason reason) noexcept -> std::string_view;

/// Which batch it is, for a line of the log.
[[nodiscard]] auto about(const batch::Header& header) -> std::string;

/// The inverse of batch::to_text.
[[nodiscard]] auto parse_stream(std::string_view text) -> std::optional<batch::StreamId>;

}  // namespace bornier::platform
