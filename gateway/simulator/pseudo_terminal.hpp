// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "wire/result.hpp"

namespace bornier::simulator {

/// The far end of a pseudo-terminal, with a link to the near end under a name of one's own. The
/// near end is held open too, or the far end would be hung up whenever no client is there.
class PseudoTerminal {
 public:
  /// The error is a sentence. A link that is there already is replaced; anything else is refused.
  [[nodiscard]] static auto open(const std::string& link)
      -> wire::Result<PseudoTerminal, std::string>;

  PseudoTerminal(PseudoTerminal&& other) noexcept;
  auto operator=(PseudoTerminal&&) -> PseudoTerminal& = delete;
  /// Removes the link.
  ~PseudoTerminal();

  /// Of the far end; non-blocking, the caller's to close.
  [[nodiscard]] auto take_descriptor() -> int;

 private:
  PseudoTerminal(std::string link, int far_end, int near_end);

  std::string link_;
  int far_end_;
  int near_end_;
};

}  // namespace bornier::simulator
