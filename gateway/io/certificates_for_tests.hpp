// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "io/testing.hpp"

namespace bornier::io::testing {

/// Two authorities and what they signed, made by the openssl program in a temporary folder: ca.pem,
/// other-ca.pem; broker.pem/.key (localhost, 127.0.0.1), expired.pem (the broker's, of 2020),
/// elsewhere.pem/.key (of another name), gateway.pem/.key,
/// stranger.pem/.key (signed by the other authority).
class Certificates {
 public:
  Certificates();
  [[nodiscard]] auto file(const std::string& name) const -> std::string {
    return folder_.file(name);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace bornier::io::testing
