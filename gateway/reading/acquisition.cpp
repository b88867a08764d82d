// SPDX-License-Identifier: Apache-2.0
#include "reading/acquisition.hpp"

namespace bornier::reading {

auto to_text(Acquisition state) noexcept -> std::string_view {
  switch (state) {
    case Acquisition::not_polled_yet: return "not polled yet";
    case Acquisition::ok: return "ok";
    case Acquisition::no_response: return "no response";
    case Acquisition::exception: return "exception";
    case Acquisition::bus_down: return "bus down";
    case Acquisition::not_available: return "not available";
    case Acquisition::out_of_range: return "out of range";
    case Acquisition::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace bornier::reading
