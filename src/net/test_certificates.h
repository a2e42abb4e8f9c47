#pragma once
// For tests: an authority and certificates that it signs, made on the spot.

#include <memory>
#include <string>

#include "base/secret.h"

namespace rescind::net {

struct TestCertificate {
  std::string pem;
  Secret key;
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  // Of the authority itself.
  const std::string& pem() const;
  // For names and addresses in OpenSSL's form: "DNS:localhost,IP:127.0.0.1".
  TestCertificate issue(const std::string& names) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace rescind::net
