// SPDX-License-Identifier: Apache-2.0
#include "intake/fault.hpp"

namespace bornier::intake {

auto to_text(Fault fault) noexcept -> std::string_view {
  switch (fault) {
    case Fault::too_large: return "it is larger than 256 KiB; no meter sends that";
    case Fault::not_utf8:
      return "it is no UTF-8 text; look at its encoding, or use format = \"bytes\"";
    case Fault::not_json: return "it is no JSON; look at what publishes on this topic";
    case Fault::too_deep: return "its JSON is nested more than 32 deep; no meter sends that";
    case Fault::too_many_values: return "its JSON has more than 20000 values; no meter sends that";
    case Fault::place_missing:
      return "it lacks the part in which the model has its values; look at the decoder that writes "
             "it";
    case Fault::not_coded: return "its bytes are not written as the model says (base64 or hex)";
    case Fault::too_many_samples: return "it has more than 4096 samples; no meter sends that";
  }
  return "";
}

}  // namespace bornier::intake
