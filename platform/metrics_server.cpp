// SPDX-License-Identifier: Apache-2.0
#include "platform/metrics_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "io/spawn.hpp"

namespace bornier::platform {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t connections_at_once = 8;
constexpr std::uint32_t header_bytes = 8 * 1024;
constexpr std::chrono::seconds one_request{10};
constexpr std::chrono::milliseconds after_failure{200};

auto parse_address(const std::string& text) -> std::optional<tcp::endpoint> {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  std::uint16_t port{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code wrong;
  const auto address = asio::ip::make_address(host, wrong);
  if (wrong || parsed.ec != std::errc{} || parsed.ptr != end) {
    return std::nullopt;
  }
  return tcp::endpoint{address, port};
}

/// What connections need; they may outlive the server, which then has no page any longer.
struct Shared {
  std::function<std::string()> page;
  std::size_t connections{};
};

auto answer(const http::request<http::empty_body>& request, const Shared& shared)
    -> http::response<http::string_body> {
  http::response<http::string_body> response{http::status::ok, 11};
  response.keep_alive(false);
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  if (request.target() != "/metrics") {
    response.result(http::status::not_found);
    response.body() = "only /metrics is here\n";
  } else if (request.method() != http::verb::get) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET");
  } else if (shared.page) {
    response.body() = shared.page();
  }
  response.prepare_payload();
  return response;
}

auto serve(tcp::socket socket, std::shared_ptr<Shared> shared) -> asio::awaitable<void> {
  beast::tcp_stream stream{std::move(socket)};
  stream.expires_after(one_request);
  beast::flat_buffer buffer{header_bytes};
  http::request_parser<http::empty_body> parser;
  parser.header_limit(header_bytes);
  parser.body_limit(0);
  boost::system::error_code failed;
  auto reading =
      http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
  co_await std::move(reading);
  if (!failed) {
    auto response = answer(parser.get(), *shared);
    auto writing =
        http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, failed));
    co_await std::move(writing);
  }
  stream.socket().shutdown(tcp::socket::shutdown_both, failed);
  --shared->connections;
}

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(tcp::acceptor acceptor, std::function<std::string()> page)
      : acceptor_{std::move(acceptor)}, shared_{std::make_shared<Shared>()} {
    shared_->page = std::move(page);
  }
  ~Impl() { shared_->page = {}; }
  Impl(const Impl&) = delete;
  auto operator=(const Impl&) -> Impl& = delete;

  auto run() -> asio::awaitable<void> {
    while (acceptor_.is_open()) {
      boost::system::error_code failed;
      auto accepting = acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
      auto socket = co_await std::move(accepting);
      if (!failed && shared_->connections < connections_at_once) {
        ++shared_->connections;
        io::spawn(acceptor_.get_executor(), serve(std::move(socket), shared_), "metrics");
      } else if (failed && acceptor_.is_open()) {
        // No descriptors left: waiting is better than spinning.
        asio::steady_timer pause{acceptor_.get_executor(), after_failure};
        auto waiting = pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        co_await std::move(waiting);
      }
    }
  }
  void stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }
  [[nodiscard]] auto port() const -> std::uint16_t { return acceptor_.local_endpoint().port(); }

 private:
  tcp::acceptor acceptor_;
  std::shared_ptr<Shared> shared_;
};

auto MetricsServer::is_address(const std::string& text) -> bool {
  return parse_address(text).has_value();
}

auto MetricsServer::listen(const asio::any_io_executor& executor, const std::string& address,
                           std::function<std::string()> page)
    -> wire::Result<std::unique_ptr<MetricsServer>, Failure> {
  const auto endpoint = parse_address(address);
  if (!endpoint) {
    return Failure{"--metrics: '" + address + "' is not a numeric HOST:PORT"};
  }
  tcp::acceptor acceptor{executor};
  boost::system::error_code failed;
  acceptor.open(endpoint->protocol(), failed);
  if (!failed) {
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  }
  if (!failed) {
    acceptor.bind(*endpoint, failed);
  }
  if (!failed) {
    acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  }
  if (failed) {
    return Failure{"--metrics: cannot listen on " + address + ": " + failed.message()};
  }
  return std::unique_ptr<MetricsServer>{
      new MetricsServer{std::make_unique<Impl>(std::move(acceptor), std::move(page))}};
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
MetricsServer::~MetricsServer() = default;

auto MetricsServer::run() -> asio::awaitable<void> {
  return impl_->run();
}
void MetricsServer::stop() {
  impl_->stop();
}
auto MetricsServer::port() const -> std::uint16_t {
  return impl_->port();
}

}  // namespace bornier::platform
