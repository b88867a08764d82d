// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/assert/source_location.hpp>
#include <cstdint>
#include <string_view>

namespace bornier::batch {

/// Why bytes are not a message of proto/bornier/v1. The numbers reach the logs and the platform's
/// quarantine: append, never renumber.
enum class Fault : std::uint8_t {
  not_protobuf = 1,   ///< truncated, or not protobuf at all
  header_incomplete,  ///< city, gateway, stream or sequence is missing or not of its form
  newer_schema,       ///< a body or column kind that this version does not know: keep the bytes
  decompression_failed,
  too_large,  ///< announces more than is allowed
  checksum_mismatch,
  columns_disagree,  ///< counts, runs and packed fields do not fit each other
};

/// One clause for a log line or a quarantine row: "the checksum of the body does not match".
[[nodiscard]] auto to_text(Fault fault) noexcept -> std::string_view;

/// What `Result::value()` calls when there is a Fault: for tests, which name the fault that they
/// did not expect.
[[noreturn]] void throw_exception_from_error(Fault fault, const boost::source_location& where);

}  // namespace bornier::batch
