#include "verifier/token_cache.h"

#include <gtest/gtest.h>

namespace rescind::verifier {
namespace {

std::string name_of(std::size_t number) { return "token-" + std::to_string(number); }

VerifiedTokenPtr token_named(const std::string& name) {
  VerifiedTokenPtr token = VerifiedToken::make(name, {});
  token->claims = std::make_shared<Claims>(Claims{.subject = name});
  return token;
}

TEST(TokenCache, FindsTheWholeTokenAndNoOther) {
  SeededRandom random(1);
  TokenCache cache(64, random);
  EXPECT_EQ(cache.find("a.b.c"), nullptr);
  cache.insert(token_named("a.b.c"));
  ASSERT_NE(cache.find("a.b.c"), nullptr);
  EXPECT_EQ(cache.find("a.b.c")->claims->subject, "a.b.c");
  EXPECT_EQ(cache.find("a.b.c")->text(), "a.b.c");
  EXPECT_EQ(cache.find("a.b.d"), nullptr);
  EXPECT_EQ(cache.find("a.b."), nullptr);
  EXPECT_EQ(cache.find(std::string_view("a.b.c\0", 6)), nullptr);
}

TEST(TokenCache, IsBoundedAndNeverMixesTokensUp) {
  SeededRandom random(2);
  TokenCache cache(16, random);  // three sets of six
  for (std::size_t i = 0; i < 10'000; ++i) cache.insert(token_named(name_of(i)));
  int found = 0;
  for (std::size_t i = 0; i < 10'000; ++i) {
    if (const VerifiedToken* entry = cache.find(name_of(i))) {
      ++found;
      EXPECT_EQ(entry->claims->subject, name_of(i));
    }
  }
  EXPECT_GT(found, 0);
  EXPECT_LE(found, 18);
}

TEST(TokenCache, KeepsTheKeysOfATokensTargetsBesideIt) {
  Targets targets{.plain = {{1, 2}, {3, 4}}, .cut = {{5, 6}}, .stamp = {7, 8}};
  for (const std::string text : {"", "1", "12345678", "123456789"}) {
    const VerifiedTokenPtr token = VerifiedToken::make(text, targets);
    const TargetsView view = token->targets();
    EXPECT_EQ(token->text(), text);
    EXPECT_EQ(std::vector(view.plain.begin(), view.plain.end()), targets.plain);
    EXPECT_EQ(std::vector(view.cut.begin(), view.cut.end()), targets.cut);
    EXPECT_EQ(view.stamp, targets.stamp);
  }
}

TEST(TokenCache, HoldsATokenOnceHoweverOftenItComes) {
  SeededRandom random(1);
  TokenCache cache(6, random);
  for (int i = 0; i < 100; ++i) cache.insert(token_named("again"));
  for (int i = 0; i < 2; ++i) cache.insert(token_named(name_of(static_cast<std::size_t>(i))));
  EXPECT_NE(cache.find("again"), nullptr);
}

TEST(TokenCache, AFloodOfNewcomersTakesNoPlaceFromTokensInUse) {
  SeededRandom random(4);
  TokenCache cache(6'000, random);
  constexpr std::size_t kInUse = 1'000;
  const auto in_use = [](std::size_t i) { return "in-use-" + std::to_string(i); };
  for (std::size_t i = 0; i < kInUse; ++i) {
    cache.insert(token_named(in_use(i)));
    cache.prove(*cache.find(in_use(i)));
  }
  const auto count = [&] {
    std::size_t found = 0;
    for (std::size_t i = 0; i < kInUse; ++i) found += cache.find(in_use(i)) != nullptr ? 1 : 0;
    return found;
  };
  EXPECT_EQ(count(), kInUse);
  for (std::size_t i = 0; i < 100'000; ++i) cache.insert(token_named(name_of(i)));
  // All but a few of those that found more than two proven in their set.
  EXPECT_GE(count(), kInUse * 95 / 100);
}

TEST(TokenCache, WhatIsNoLongerUsedMakesRoomForWhatIs) {
  SeededRandom random(5);
  TokenCache cache(6, random);
  for (std::size_t i = 0; i < 3; ++i) cache.prove(*cache.insert(token_named(name_of(i))));
  // Three others are in use from now on.
  for (std::size_t i = 3; i < 6; ++i) cache.insert(token_named(name_of(i)));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 3; i < 6; ++i) cache.prove(*cache.find(name_of(i)));
  }
  for (std::size_t i = 100; i < 200; ++i) cache.insert(token_named(name_of(i)));
  for (std::size_t i = 3; i < 6; ++i) EXPECT_NE(cache.find(name_of(i)), nullptr);
}

TEST(TokenCache, OfNoSizeRemembersNothing) {
  SeededRandom random(3);
  TokenCache cache(0, random);
  EXPECT_EQ(cache.insert(token_named("a"))->text(), "a");
  EXPECT_EQ(cache.find("a"), nullptr);
}

}  // namespace
}  // namespace rescind::verifier
