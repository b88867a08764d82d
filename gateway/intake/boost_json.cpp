// SPDX-License-Identifier: Apache-2.0
// Boost.JSON without a library to link: its one definition.
#include <boost/json/src.hpp>
