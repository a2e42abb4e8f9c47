#pragma once
// What is behind a TlsContext, for tls.cc and tls_socket.cc.

#include <memory>

#include "net/tls.h"

namespace boost::asio::ssl {
class context;
}

namespace rescind::net {

struct TlsContext::Parts {
  explicit Parts(std::unique_ptr<boost::asio::ssl::context> settings);
  ~Parts();
  // Asio takes a context by reference to non-const, though a connection only reads it.
  const std::unique_ptr<boost::asio::ssl::context> context;
};

}  // namespace rescind::net
