#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "net/loop_core.h"
#include "net/socket.h"
#include "net/tls_context.h"

namespace rescind::net {
namespace asio = boost::asio;

namespace {

using Native = asio::generic::stream_protocol::socket;
using BoostError = boost::system::error_code;

// What operations under way refer to: it lives until the last of them has been reported.
struct State {
  State(LoopCore& loop, int family, int descriptor, std::shared_ptr<const TlsContext> tls_context)
      : context(std::move(tls_context)), stream(loop.io(), *context->parts().context) {
    BoostError error;
    stream.next_layer().assign(asio::generic::stream_protocol(family, 0), descriptor, error);
    if (error) ::close(descriptor);  // the handshake says so
  }
  std::shared_ptr<const TlsContext> context;
  asio::ssl::stream<Native> stream;
};

std::string describe(SSL* ssl, const BoostError& error) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return std::string("certificate refused: ") + X509_verify_cert_error_string(verified);
  }
  return error.message();
}

class TlsSocket final : public Socket {
 public:
  TlsSocket(LoopCore& loop, int family, int descriptor, std::shared_ptr<const TlsContext> context,
            const std::string& host)
      : state_(std::make_shared<State>(loop, family, descriptor, std::move(context))),
        is_server_(host.empty()) {
    if (!is_server_) expect(host);
  }

  void handshake(SocketUserPtr user) override {
    state_->stream.async_handshake(
        is_server_ ? asio::ssl::stream_base::server : asio::ssl::stream_base::client,
        [state = state_, user = std::move(user)](const BoostError& error) {
          user->on_handshake(error ? describe(state->stream.native_handle(), error)
                                   : std::string());
        });
  }

  void read(std::span<char> into, SocketUserPtr user) override {
    state_->stream.async_read_some(
        asio::buffer(into.data(), into.size()),
        [state = state_, user = std::move(user)](const BoostError& error, std::size_t bytes) {
          // An end without close_notify may be an attacker's cut: it stays an error.
          user->on_read(bytes, error == asio::error::eof ? BoostError() : error);
        });
  }

  std::size_t try_write(std::string_view /*bytes*/) override { return 0; }

  void write(std::array<std::string_view, 2> bytes, SocketUserPtr user) override {
    const std::array<asio::const_buffer, 2> buffers = {
        asio::buffer(bytes[0].data(), bytes[0].size()),
        asio::buffer(bytes[1].data(), bytes[1].size())};
    asio::async_write(
        state_->stream, buffers,
        [state = state_, user = std::move(user)](const BoostError& error, std::size_t /*bytes*/) {
          user->on_written(error);
        });
  }

  void end_sending() override {
    // Sends close_notify. Whether the peer answers it is of no use: the deadline ends it all.
    state_->stream.async_shutdown([state = state_](const BoostError& /*error*/) {});
  }

  bool is_quiet() override {
    return SSL_pending(state_->stream.native_handle()) == 0 &&
           net::is_quiet(state_->stream.next_layer().native_handle());
  }

  void close() override {
    BoostError ignored;  // the descriptor is gone whatever it says
    state_->stream.next_layer().close(ignored);
  }

 private:
  // The host that the peer's certificate has to be for; a name is sent as SNI too.
  void expect(const std::string& host) {
    SSL* ssl = state_->stream.native_handle();
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1) return;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl, host.c_str()) != 1) {
      SSL_set_verify(ssl, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 0; });
    }
    SSL_set_tlsext_host_name(ssl, host.c_str());
    ERR_clear_error();
  }

  std::shared_ptr<State> state_;
  bool is_server_;
};

}  // namespace

std::unique_ptr<Socket> make_tls_socket(LoopCore& loop, int family, int descriptor,
                                        std::shared_ptr<const TlsContext> context,
                                        const std::string& host) {
  return std::make_unique<TlsSocket>(loop, family, descriptor, std::move(context), host);
}

}  // namespace rescind::net
