#pragma once
// TLS settings, read and checked once. Immutable afterwards, shared by all connections,
// thread-safe. TLS 1.2 and up, no compression, no renegotiation, HTTP/1.1 alone offered by ALPN
// (RFC 7301).

#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace rescind::net {

class TlsContext {
 public:
  // A certificate chain (leaf first) and its key, PEM. kInvalid where they do not fit each other.
  static Result<std::shared_ptr<const TlsContext>> for_server(const std::string& chain_pem,
                                                              const Secret& key_pem);
  // Servers are checked against the system's authorities, or against these alone (PEM), and always
  // for the host's name or address (RFC 9525).
  static Result<std::shared_ptr<const TlsContext>> for_client(const std::string& authorities_pem);

  ~TlsContext();

  struct Parts;  // everything of OpenSSL
  const Parts& parts() const { return *parts_; }

 private:
  explicit TlsContext(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace rescind::net
