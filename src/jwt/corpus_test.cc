// A fuzzer whose corpus is all refusals tests nothing behind the first check.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "jwt/fuzz_targets.h"

namespace rescind::jwt {
namespace {

void reaches_success(const std::string& fuzzer, bool (*target)(std::string_view)) {
  int entries = 0;
  const std::string folder = RESCIND_SOURCE_DIR "/src/jwt/corpus/" + fuzzer;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    EXPECT_TRUE(target(text)) << entry.path();
    ++entries;
  }
  EXPECT_GE(entries, 3) << fuzzer;
}

TEST(Corpus, ReachesSuccessInEachFuzzer) {
  reaches_success("base64url_fuzz", fuzz_base64url);
  reaches_success("jws_fuzz", fuzz_jws);
  reaches_success("jwks_fuzz", fuzz_jwks);
}

TEST(Corpus, IsNotTheOnlyThingTheTargetsKnow) {
  EXPECT_FALSE(fuzz_base64url("Zh"));
  EXPECT_FALSE(fuzz_jws("a.b.c"));
  EXPECT_FALSE(fuzz_jwks("{\"keys\":[]}"));
}

}  // namespace
}  // namespace rescind::jwt
