#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>

#include "net/tls_context.h"

namespace rescind::net {
namespace asio = boost::asio;

namespace {

constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*data*/) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols, offered,
                                          offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // 34 KiB less on an idle connection
}

std::unexpected<Error> refuse(const char* what, const boost::system::error_code& error) {
  ERR_clear_error();
  return fail(ErrorCode::kInvalid, std::string(what) + ": " + error.message());
}

}  // namespace

TlsContext::Parts::Parts(std::unique_ptr<asio::ssl::context> settings)
    : context(std::move(settings)) {}
TlsContext::Parts::~Parts() = default;

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const std::string& chain_pem,
                                                                 const Secret& key_pem) {
  auto parts =
      std::make_unique<Parts>(std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server));
  set_common(parts->context->native_handle());
  SSL_CTX_set_alpn_select_cb(parts->context->native_handle(), choose_protocol, nullptr);
  boost::system::error_code error;
  parts->context->use_certificate_chain(asio::buffer(chain_pem), error);
  if (error) return refuse("the certificate chain cannot be read", error);
  const std::string_view key = key_pem.expose();
  parts->context->use_private_key(asio::buffer(key.data(), key.size()), asio::ssl::context::pem,
                                  error);
  if (error) return refuse("the private key cannot be read or is not the certificate's", error);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(parts)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(
    const std::string& authorities_pem) {
  auto parts =
      std::make_unique<Parts>(std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client));
  set_common(parts->context->native_handle());
  SSL_CTX_set_alpn_protos(parts->context->native_handle(), kProtocols, sizeof kProtocols);
  boost::system::error_code error;
  if (authorities_pem.empty()) {
    parts->context->set_default_verify_paths(error);
  } else {
    parts->context->add_certificate_authority(asio::buffer(authorities_pem), error);
  }
  if (error) return refuse("the certificate authorities cannot be read", error);
  SSL_CTX_set_verify(parts->context->native_handle(), SSL_VERIFY_PEER, nullptr);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(parts)));
}

}  // namespace rescind::net
