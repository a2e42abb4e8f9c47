#include "verifier/token_cache.h"

#include <gtest/gtest.h>

namespace rescind::verifier {
namespace {

VerifiedToken token_named(const std::string& name) {
  VerifiedToken token;
  token.token = name;
  token.claims = std::make_shared<Claims>(Claims{.subject = name});
  return token;
}

TEST(TokenCache, FindsTheWholeTokenAndNoOther) {
  SeededRandom random(1);
  TokenCache cache(64, random);
  EXPECT_EQ(cache.find("a.b.c"), nullptr);
  cache.insert(token_named("a.b.c"));
  ASSERT_NE(cache.find("a.b.c"), nullptr);
  EXPECT_EQ(cache.find("a.b.c")->claims->subject, "a.b.c");
  EXPECT_EQ(cache.find("a.b.d"), nullptr);
  EXPECT_EQ(cache.find("a.b."), nullptr);
  EXPECT_EQ(cache.find(""), nullptr);
}

TEST(TokenCache, IsBoundedAndNeverMixesTokensUp) {
  SeededRandom random(2);
  TokenCache cache(16, random);
  for (int i = 0; i < 10'000; ++i) cache.insert(token_named("token-" + std::to_string(i)));
  int found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "token-" + std::to_string(i);
    if (const VerifiedToken* entry = cache.find(name)) {
      ++found;
      EXPECT_EQ(entry->claims->subject, name);
    }
  }
  EXPECT_GT(found, 0);
  EXPECT_LE(found, 16);
}

TEST(TokenCache, OfNoSizeRemembersNothing) {
  SeededRandom random(3);
  TokenCache cache(0, random);
  EXPECT_EQ(cache.insert(token_named("a")), nullptr);
  EXPECT_EQ(cache.find("a"), nullptr);
}

}  // namespace
}  // namespace rescind::verifier
