// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/load_parts.hpp"

namespace bornier::model {

/// `scale`, `unit`, `resolution`, `min` and `max` of a point → Point::conversions, units and
/// plausible values; the points that `scale` names → `links`. Type, quantity and transform are read
/// already.
void read_conversions(Draft& draft, TableReader& reader, Point& point, Links& links);

}  // namespace bornier::model
