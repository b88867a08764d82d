// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "reading/time.hpp"
#include "wire/pdu.hpp"
#include "wire/rtu_frame.hpp"

namespace bornier::app {

/// Which requests the units of a line have not answered yet. An RTU answer does not say which
/// registers it holds: one that comes late would be taken for the answer to whatever the unit was
/// asked meanwhile. Units do not disturb each other, as an answer names its unit.
class OwedAnswers {
 public:
  /// Something that a unit may still say.
  struct Owed {
    wire::Read read;
    reading::Instant until;  ///< when it need not be expected any longer
  };

  /// `read` went out at `sent`. Its answer is usually there within `usual`, and within `longest`
  /// even from a slow unit.
  void add(wire::UnitId unit, const wire::Read& read, reading::Instant sent,
           reading::Instant::duration usual, reading::Instant::duration longest);
  /// An answer to `read` came, whichever copy of it was meant: the others are still owed, and if
  /// this one took long they are waited for longer.
  void came(wire::UnitId unit, const wire::Read& read, reading::Instant at);
  /// What must be heard or waited for before the unit is asked for `read`; its `until` is later
  /// than `now`. An answer to the same request is waited for as well, but not as long: its values
  /// would be right, only older than they seem. Answers of another function are none of `read`'s.
  [[nodiscard]] auto before(wire::UnitId unit, const wire::Read& read, reading::Instant now)
      -> std::optional<Owed>;
  /// Anything at all: then it is not known which request an answer belongs to.
  [[nodiscard]] auto owes(wire::UnitId unit, reading::Instant now) const -> bool;

 private:
  struct Copy {
    wire::Read read;
    reading::Instant sent;
    reading::Instant::duration longest;
    reading::Instant ask_again;  ///< the same
    reading::Instant ask_other;
  };

  std::map<wire::UnitId, std::vector<Copy>> units_;  ///< oldest copies first
};

}  // namespace bornier::app
