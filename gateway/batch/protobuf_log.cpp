// SPDX-License-Identifier: Apache-2.0
#include "batch/protobuf_log.hpp"

#include <google/protobuf/stubs/logging.h>

namespace bornier::batch {

void silence_protobuf() {
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace bornier::batch
