// SPDX-License-Identifier: Apache-2.0
#include "io/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace bornier::io {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

/// A file that is encrypted is an error, not a prompt on the terminal.
auto no_passphrase(char*, int, int, void*) -> int {
  return 0;
}

class Check {
 public:
  explicit Check(reading::Stamp now)
      : now_{static_cast<std::time_t>(reading::milliseconds_since_1970(now) / 1000)} {}

  void ca(const std::string& path) {
    const auto file = open(path);
    if (!file)
      return;
    std::size_t valid = 0;
    std::string expired;
    while (const auto certificate = next_certificate(file.get())) {
      auto complaint = dates(*certificate, path);
      if (complaint.empty())
        ++valid;
      else
        expired = std::move(complaint);
    }
    if (valid > 0)
      return;
    mistakes_.push_back(!expired.empty() ? expired
                                         : path +
                                               ": holds no PEM certificate; tls.ca needs the "
                                               "certificate of the authority that signed the "
                                               "broker's");
  }

  auto certificate(const std::string& path) -> Certificate {
    const auto file = open(path);
    if (!file)
      return nullptr;
    auto certificate = next_certificate(file.get());
    if (!certificate) {
      mistakes_.push_back(path + ": holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
      return nullptr;
    }
    if (auto complaint = dates(*certificate, path); !complaint.empty()) {
      mistakes_.push_back(std::move(complaint));
    }
    return certificate;
  }

  auto key(const std::string& path) -> Key {
    const auto file = open(path);
    if (!file)
      return nullptr;
    Key key{PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, nullptr)};
    ERR_clear_error();
    if (!key) {
      mistakes_.push_back(path +
                          ": holds no PEM private key without a passphrase; remove the "
                          "passphrase with `openssl pkey`");
    }
    return key;
  }

  void add(std::string mistake) { mistakes_.push_back(std::move(mistake)); }
  auto mistakes() && -> std::vector<std::string> { return std::move(mistakes_); }

 private:
  auto open(const std::string& path) -> File {
    File file{std::fopen(path.c_str(), "re")};
    if (!file)
      mistakes_.push_back(path + ": cannot be read: " + std::strerror(errno) +
                          "; put it there, readable for this user");
    return file;
  }

  static auto next_certificate(std::FILE* file) -> Certificate {
    Certificate certificate{PEM_read_X509(file, nullptr, no_passphrase, nullptr)};
    ERR_clear_error();
    return certificate;
  }

  static auto date(const ASN1_TIME* time) -> std::string {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
      return "an unreadable date";
    char text[sizeof("2026-11-23 03:04:05 UTC")];
    std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
  }

  /// A sentence if the certificate is out of its dates, else empty.
  auto dates(const X509& certificate, const std::string& path) const -> std::string {
    auto now = now_;
    const auto* not_before = X509_get0_notBefore(&certificate);
    const auto* not_after = X509_get0_notAfter(&certificate);
    if (X509_cmp_time(not_before, &now) > 0) {
      return path + ": the certificate is not yet valid (from " + date(not_before) +
             "); is the clock right?";
    }
    if (X509_cmp_time(not_after, &now) < 0) {
      return path + ": the certificate expired on " + date(not_after) + "; put a new one there";
    }
    return {};
  }

  std::time_t now_;
  std::vector<std::string> mistakes_;
};

}  // namespace

auto check_tls_files(const TlsFiles& files, reading::Stamp now) -> std::vector<std::string> {
  Check check{now};
  if (!files.ca.empty())
    check.ca(files.ca);
  if (files.certificate.empty() != files.key.empty()) {
    check.add(files.key.empty() ? files.certificate + ": tls.certificate needs its tls.key"
                                : files.key + ": tls.key needs its tls.certificate");
  }
  const auto certificate =
      files.certificate.empty() ? nullptr : check.certificate(files.certificate);
  const auto key = files.key.empty() ? nullptr : check.key(files.key);
  if (certificate && key && X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    check.add(files.key + ": is not the key of the certificate " + files.certificate);
  }
  return std::move(check).mistakes();
}

}  // namespace bornier::io
