// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reading/time.hpp"

namespace bornier::io {

/// Paths of PEM files; empty: none. Without `ca` the system's certificates are trusted.
struct TlsFiles {
  std::string ca;
  std::string certificate;  ///< ours, its chain behind it
  std::string key;
};

/// Every mistake in the files that can be seen without a connection: unreadable, not PEM, key
/// without certificate or of another one, certificate expired or not yet valid at `now`. Each is a
/// sentence with the file's name and the remedy; empty if all is well.
[[nodiscard]] auto check_tls_files(const TlsFiles& files, reading::Stamp now)
    -> std::vector<std::string>;

}  // namespace bornier::io
