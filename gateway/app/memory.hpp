// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bornier::app {

/// For the daemon, before it starts a thread: hundreds of meters live for months in a few MiB.
void keep_memory_small();

/// What was needed for a moment goes back to the system, wherever in the heap it lay.
void return_unused_memory();

}  // namespace bornier::app
