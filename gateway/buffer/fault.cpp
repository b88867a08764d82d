// SPDX-License-Identifier: Apache-2.0
#include "buffer/fault.hpp"

#include <stdexcept>

namespace bornier::buffer {

auto remedy(Fault fault) noexcept -> Remedy {
  switch (fault) {  // no default: -Wswitch refuses a Fault without a Remedy
    case Fault::directory_unusable:
    case Fault::in_use:
    case Fault::newer_schema:
    case Fault::catalog_full: return Remedy::ask_operator;
    case Fault::disk_full:
    case Fault::input_output: return Remedy::try_again;
    case Fault::damaged: return Remedy::open_again;
  }
  return Remedy::ask_operator;
}

auto to_text(Fault fault) noexcept -> std::string_view {
  switch (fault) {
    case Fault::directory_unusable: return "the state directory cannot be used";
    case Fault::in_use: return "the state directory is used by another process";
    case Fault::newer_schema: return "the buffer was written by a newer version of bornier";
    case Fault::disk_full: return "the disk is full";
    case Fault::input_output: return "the disk failed";
    case Fault::damaged: return "the buffer is damaged";
    case Fault::catalog_full: return "the catalog is full";
  }
  return "unknown fault";
}

auto to_text(const Failure& failure) -> std::string {
  return std::string{to_text(failure.fault)} + ": " + failure.detail;
}

void throw_exception_from_error(const Failure& failure,
                                const boost::source_location& /*location*/) {
  throw std::runtime_error{to_text(failure)};
}

}  // namespace bornier::buffer
