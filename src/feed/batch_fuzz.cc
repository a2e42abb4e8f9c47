// Words: whatever is read as a batch of a known kind can be sealed and is read the same again. An
// input that begins with a brace is taken as a payload, so that mutations get past the base64url.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "feed/batch.h"
#include "feed/envelope.h"
#include "jwt/base64url.h"

namespace {

using rescind::feed::Batch;

std::string word_of(std::string_view input) {
  if (!input.starts_with('{')) return std::string(input);
  return rescind::jwt::base64url_encode(
             std::string_view(R"({"alg":"EdDSA","typ":"secevent+jwt","kid":"k"})")) +
         "." + rescind::jwt::base64url_encode(input) + ".AA";
}

void check_same_again(const Batch& batch) {
  static const auto key = rescind::jwt::SigningKey::generate(rescind::jwt::Algorithm::kEdDsa);
  if (batch.kind == rescind::feed::Kind::kUnknown) return;
  const auto sealed = rescind::feed::seal(batch, *key);
  if (!sealed) {
    CHECK(sealed.error().code == rescind::ErrorCode::kTooLarge);
    return;
  }
  const auto again = rescind::feed::read_word(sealed->jws);
  CHECK(again.has_value());
  const auto& same = std::get<Batch>(again->content);
  CHECK(same.position == batch.position && same.previous == batch.previous);
  CHECK(same.revocations == batch.revocations && same.keys == batch.keys);
  CHECK((same.rules == nullptr) == (batch.rules == nullptr));
  CHECK(same.rules == nullptr || *same.rules == *batch.rules);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto word = rescind::feed::read_word(word_of(input));
  if (!word) return 0;
  if (const auto* batch = std::get_if<Batch>(&word->content)) check_same_again(*batch);
  return 0;
}
