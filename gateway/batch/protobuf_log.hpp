// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bornier::batch {

/// Keeps protobuf from writing to stderr by itself (it does so on text that is not UTF-8): what is
/// wrong with a message is told by the Fault that decoding returns. Once, at the start of a
/// program.
void silence_protobuf();

}  // namespace bornier::batch
