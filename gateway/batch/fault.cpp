// SPDX-License-Identifier: Apache-2.0
#include "batch/fault.hpp"

#include <stdexcept>
#include <string>

namespace bornier::batch {

auto to_text(Fault fault) noexcept -> std::string_view {
  switch (fault) {
    case Fault::not_protobuf: return "the bytes are not a message of proto/bornier/v1";
    case Fault::header_incomplete:
      return "city, gateway, stream or sequence is missing or not of its form";
    case Fault::newer_schema: return "the schema is newer than this program: update it";
    case Fault::decompression_failed: return "the body cannot be decompressed";
    case Fault::too_large: return "the message holds more than is allowed";
    case Fault::checksum_mismatch: return "the checksum of the body does not match";
    case Fault::columns_disagree: return "columns and counts of the body do not fit each other";
  }
  return "unknown fault";
}

void throw_exception_from_error(Fault fault, const boost::source_location& where) {
  throw std::runtime_error{where.to_string() + ": " + std::string{to_text(fault)}};
}

}  // namespace bornier::batch
