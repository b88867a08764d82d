// SPDX-License-Identifier: Apache-2.0
#include "io/certificates_for_tests.hpp"

#include <fstream>

namespace bornier::io::testing {

Certificates::Certificates() {
  // `openssl ca` because it alone takes a date of the past.
  std::ofstream{folder_.file("make.sh")} << R"(set -e
cd "$1"
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=$1" -keyout "$1.key" -out "$1.pem"
}
sign() {  # name, authority, subject alternative names, first and last date
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.csr"
  : > index.txt
  cat > ca.cnf <<END
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = ext
unique_subject = no
[any]
commonName = supplied
[ext]
subjectAltName = $3
END
  openssl ca -batch -notext -config ca.cnf -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" \
    -out "$1.pem" -startdate "$4" -enddate "$5"
}
authority ca
authority other-ca
sign broker ca DNS:localhost,IP:127.0.0.1 20200101000000Z 20400101000000Z
sign elsewhere ca DNS:elsewhere.example 20200101000000Z 20400101000000Z
sign expired ca DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
sign gateway ca DNS:gateway 20200101000000Z 20400101000000Z
sign stranger other-ca DNS:stranger 20200101000000Z 20400101000000Z
)";
  const auto command = "sh " + folder_.file("make.sh") + ' ' + folder_.file("") + " > " +
                       folder_.file("log") + " 2>&1";
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error{"openssl made no certificates"};
}

}  // namespace bornier::io::testing
