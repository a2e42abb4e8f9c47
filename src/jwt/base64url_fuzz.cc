#include "jwt/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rescind::jwt::fuzz_base64url(rescind::text_of({data, size}));
  return 0;
}
