#include "base/secret.h"

#include <openssl/crypto.h>

#include "base/bytes.h"

namespace rescind {

bool Secret::equals(std::string_view other) const {
  return constant_time_equal(bytes_of(value_), bytes_of(other));
}

void Secret::wipe() {
  if (!value_.empty()) OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace rescind
