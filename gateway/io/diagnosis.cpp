// SPDX-License-Identifier: Apache-2.0
#include "io/diagnosis.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>

#include "io/deadline.hpp"

namespace bornier::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

/// With TLS 1.3 the broker judges our certificate after the handshake is over for us; that is how
/// long its verdict may take.
constexpr auto verdict_time = 1s;

auto about_broker_certificate(long reason, const std::string& host, const TlsFiles& files)
    -> std::string {
  switch (reason) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the broker's certificate has expired (or this clock is ahead); the broker needs a "
             "new one";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the broker's certificate is not yet valid; is the clock of this machine right?";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the broker's certificate is not for \"" + host +
             "\"; use the name that stands in it, or give the broker one for this name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "the broker's certificate is not signed by an authority in " +
             (files.ca.empty() ? "the system's list; set tls.ca" : files.ca);
    default:
      return std::string{"the broker's certificate does not hold: "} +
             X509_verify_cert_error_string(reason);
  }
}

/// An alert of the broker about our certificate, or empty.
auto about_our_certificate(error_code failure, const TlsFiles& files) -> std::string {
  const auto code = static_cast<unsigned long>(failure.value());
  if (failure.category() != asio::error::get_ssl_category() || ERR_GET_LIB(code) != ERR_LIB_SSL) {
    return {};
  }
  const auto& ours = files.certificate;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return ours.empty() ? "the broker wants a client certificate; set tls.certificate and tls.key"
                          : "the broker refused the TLS handshake";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "the broker does not trust the authority that signed " + ours;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "to the broker, " + ours + " has expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return "to the broker, " + ours + " is revoked";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN: return "the broker does not accept " + ours;
    default: return {};
  }
}

/// TLS settings as Paho gets them; the error of the last file that OpenSSL refuses.
auto prepare(asio::ssl::context& context, const TlsFiles& files) -> error_code {
  error_code failure;
  if (files.ca.empty()) {
    static_cast<void>(context.set_default_verify_paths(failure));
  } else {
    static_cast<void>(context.load_verify_file(files.ca, failure));
  }
  if (failure || files.certificate.empty())
    return failure;
  static_cast<void>(context.use_certificate_chain_file(files.certificate, failure));
  if (failure)
    return failure;
  static_cast<void>(context.use_private_key_file(files.key, asio::ssl::context::pem, failure));
  return failure;
}

void expect_host(SSL* ssl, const std::string& host) {
  error_code not_an_address;
  static_cast<void>(asio::ip::make_address(host, not_an_address));
  if (!not_an_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  // SSL_set_tlsext_host_name() without its C cast.
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(host.c_str()));
  SSL_set1_host(ssl, host.c_str());
}

auto diagnose_tls(tcp::socket& socket, const BrokerAddress& broker, const TlsFiles& files,
                  reading::Instant until, const Clock& clock) -> asio::awaitable<std::string> {
  asio::ssl::context context{asio::ssl::context::tls_client};
  if (const auto failure = prepare(context, files))
    co_return failure.message();
  asio::ssl::stream<tcp::socket&> stream{socket, context};
  SSL* ssl = stream.native_handle();
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  expect_host(ssl, broker.host);

  auto handshake = stream.async_handshake(asio::ssl::stream_base::client, asio::deferred);
  const auto done = co_await with_deadline<void>(std::move(handshake), until, clock);
  if (!done) {
    const auto reason = SSL_get_verify_result(ssl);
    if (reason != X509_V_OK)
      co_return about_broker_certificate(reason, broker.host, files);
    auto alert = about_our_certificate(done.error(), files);
    if (!alert.empty())
      co_return alert;
    std::string text = "the TLS handshake failed: " + done.error().message();
    text += "; does the broker speak TLS on this port?";
    co_return text;
  }
  std::byte nothing{};
  const auto verdict = std::min(until, clock.now().instant + verdict_time);
  auto listening = stream.async_read_some(asio::buffer(&nothing, 1), asio::deferred);
  const auto heard = co_await with_deadline<std::size_t>(std::move(listening), verdict, clock);
  if (heard)
    co_return std::string{};
  co_return about_our_certificate(heard.error(), files);
}

}  // namespace

auto resolve(const BrokerAddress& broker, reading::Instant until, const Clock& clock)
    -> asio::awaitable<Resolved> {
  Resolved resolved;
  error_code not_an_address;
  static_cast<void>(asio::ip::make_address(broker.host, not_an_address));
  if (!not_an_address) {
    resolved.address = broker.host;
    co_return resolved;
  }
  tcp::resolver resolver{co_await asio::this_coro::executor};
  auto resolution = resolver.async_resolve(broker.host, "", asio::deferred);
  const auto entries =
      co_await with_deadline<tcp::resolver::results_type>(std::move(resolution), until, clock);
  if (!entries) {
    resolved.failure =
        "the name \"" + broker.host + "\" cannot be resolved: " + entries.error().message();
    co_return resolved;
  }
  for (const auto& entry : *entries) {
    const auto address = entry.endpoint().address();
    if (resolved.address.empty() || address.is_v4())
      resolved.address = address.to_string();
    if (address.is_v4())
      break;
  }
  co_return resolved;
}

auto diagnose(const BrokerAddress& broker, const TlsFiles& files, reading::Instant until,
              const Clock& clock) -> asio::awaitable<std::string> {
  const auto resolved = co_await resolve(broker, until, clock);
  if (!resolved.failure.empty())
    co_return resolved.failure;
  const auto port = std::to_string(broker.port);
  const tcp::endpoint endpoint{asio::ip::make_address(resolved.address), broker.port};
  tcp::socket socket{co_await asio::this_coro::executor};
  auto connection = socket.async_connect(endpoint, asio::deferred);
  const auto connected = co_await with_deadline<void>(std::move(connection), until, clock);
  if (!connected) {
    std::string text = broker.host + ":" + port + ": ";
    text += connected.error() == asio::error::timed_out ? "no answer; is a firewall in between?"
                                                        : connected.error().message();
    co_return text;
  }
  if (!broker.tls)
    co_return std::string{};
  auto verdict = co_await diagnose_tls(socket, broker, files, until, clock);
  co_return verdict;
}

}  // namespace bornier::io
