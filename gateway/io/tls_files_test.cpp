// SPDX-License-Identifier: Apache-2.0
#include "io/tls_files.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "io/certificates_for_tests.hpp"
#include "io/clock.hpp"

namespace bornier::io {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TlsFilesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates = std::make_unique<testing::Certificates>(); }
  static void TearDownTestSuite() { certificates.reset(); }
  auto complaints(const TlsFiles& files) -> std::vector<std::string> {
    return check_tls_files(files, now);
  }
  static auto file(const std::string& name) -> std::string { return certificates->file(name); }

  static std::unique_ptr<testing::Certificates> certificates;
  reading::Stamp now = SystemClock{}.now().stamp;
};
std::unique_ptr<testing::Certificates> TlsFilesTest::certificates;

TEST_F(TlsFilesTest, AcceptsWhatIsRight) {
  EXPECT_THAT(complaints({}), IsEmpty());
  EXPECT_THAT(complaints({file("ca.pem"), "", ""}), IsEmpty());
  EXPECT_THAT(complaints({file("ca.pem"), file("gateway.pem"), file("gateway.key")}), IsEmpty());
}

TEST_F(TlsFilesTest, NamesEveryFileThatCannotBeRead) {
  const auto all = complaints({file("no-ca"), file("no-certificate"), file("no-key")});
  EXPECT_THAT(all, ElementsAre(StartsWith(file("no-ca") + ": cannot be read"),
                               StartsWith(file("no-certificate") + ": cannot be read"),
                               StartsWith(file("no-key") + ": cannot be read")));
}

TEST_F(TlsFilesTest, RefusesWhatIsNotPem) {
  const auto garbage = file("garbage");
  std::ofstream{garbage} << "-----BEGIN CERTIFICATE-----\nnot base64\n";
  const auto all = complaints({garbage, garbage, garbage});
  EXPECT_THAT(
      all, ElementsAre(HasSubstr("holds no PEM certificate"), HasSubstr("holds no PEM certificate"),
                       HasSubstr("holds no PEM private key")));
}

TEST_F(TlsFilesTest, RefusesTheKeyOfAnotherCertificate) {
  EXPECT_THAT(complaints({"", file("gateway.pem"), file("broker.key")}),
              ElementsAre(file("broker.key") + ": is not the key of the certificate " +
                          file("gateway.pem")));
}

TEST_F(TlsFilesTest, WantsCertificateAndKeyTogether) {
  EXPECT_THAT(complaints({"", file("gateway.pem"), ""}),
              ElementsAre(HasSubstr("needs its tls.key")));
  EXPECT_THAT(complaints({"", "", file("gateway.key")}),
              ElementsAre(HasSubstr("needs its tls.certificate")));
}

TEST_F(TlsFilesTest, LooksAtTheDates) {
  now += 24h * 365 * 30;
  EXPECT_THAT(complaints({"", file("gateway.pem"), file("gateway.key")}),
              ElementsAre(HasSubstr("expired on ")));
  EXPECT_THAT(complaints({file("ca.pem"), "", ""}), ElementsAre(HasSubstr("expired on ")));
  now -= 24h * 365 * 60;
  EXPECT_THAT(complaints({"", file("gateway.pem"), file("gateway.key")}),
              ElementsAre(HasSubstr("not yet valid")));
}

}  // namespace
}  // namespace bornier::io
