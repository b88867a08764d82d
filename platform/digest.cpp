// SPDX-License-Identifier: Apache-2.0
#include "platform/digest.hpp"

#include <openssl/sha.h>

namespace bornier::platform {

auto digest_of(std::span<const std::byte> bytes) -> Digest {
  Digest digest{};
  // OpenSSL's unsigned char and std::byte may alias anything (C++20, [basic.lval]).
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace bornier::platform
