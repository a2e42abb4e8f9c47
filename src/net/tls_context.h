#pragma once
// What is behind a TlsContext, for tls.cc and tls_socket.cc.

#include <boost/asio/ssl/context.hpp>

#include "net/tls.h"

namespace rescind::net {

struct TlsContext::Parts {
  explicit Parts(boost::asio::ssl::context::method method) : context(method) {}
  // Asio takes a context by reference to non-const, though a connection only reads it.
  mutable boost::asio::ssl::context context;
};

}  // namespace rescind::net
