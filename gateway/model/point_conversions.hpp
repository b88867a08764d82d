// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/load_parts.hpp"

namespace bornier::model {

/// `scale`, `unit` and `resolution` of a point → Point::conversions and Point::units. Type,
/// quantity and transform are read already.
void read_conversions(Draft& draft, TableReader& reader, Point& point);

}  // namespace bornier::model
