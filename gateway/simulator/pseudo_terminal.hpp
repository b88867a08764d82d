// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "wire/result.hpp"

namespace bornier::simulator {

/// The far end of a pseudo-terminal, with a link to the near end under a name of one's own. The
/// near end is held open too, or the far end would be hung up whenever no client is there.
class PseudoTerminal {
 public:
  /// The error is a sentence. A link to a pseudo-terminal, as a killed simulator leaves it, is
  /// replaced; anything else that stands there is left alone and refused.
  [[nodiscard]] static auto open(const std::string& link)
      -> wire::Result<PseudoTerminal, std::string>;

  PseudoTerminal(PseudoTerminal&& other) noexcept;
  auto operator=(PseudoTerminal&&) -> PseudoTerminal& = delete;
  /// Removes the link, unless it has been replaced.
  ~PseudoTerminal();

  /// Of the far end; non-blocking, the caller's to close.
  [[nodiscard]] auto take_descriptor() -> int;

 private:
  PseudoTerminal(int far_end, int near_end);

  std::string link_;
  std::string device_;  ///< of the near end, where the link leads
  int far_end_;
  int near_end_;
};

}  // namespace bornier::simulator
