// Checkpoints: the input and its right SHA-256, so that mutations get past that. Whatever is read
// is written and read the same again; without the digest nothing is read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "feed/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string blob(input);
  blob.append(rescind::text_of(rescind::sha256(input)));
  const auto state = rescind::feed::decode_checkpoint(blob);
  if (!state) return 0;
  CHECK(!rescind::feed::decode_checkpoint(input).has_value());
  const auto again = rescind::feed::decode_checkpoint(rescind::feed::encode_checkpoint(*state));
  CHECK(again.has_value());
  CHECK(again->manifest.position == state->manifest.position && again->proof == state->proof);
  return 0;
}
