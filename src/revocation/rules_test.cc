#include "revocation/rules.h"

#include <gtest/gtest.h>

#include "revocation/target.h"

namespace rescind::revocation {
namespace {

using std::chrono::seconds;

Result<Rules> parse(std::string_view text) {
  json::Reader reader;
  const auto value = reader.parse(text, {.bytes = 1U << 20U, .depth = 8, .members = 100'000});
  if (!value) return std::unexpected(value.error());
  return parse_rules(*value);
}

IssuerRules ours() {
  return {.issuer = "https://auth.example",
          .stamps = StampKind::kPosition,
          .session_claims = {"sid"},
          .revocable_claims = {"tenant"},
          .longest_lifetime = seconds(900),
          .longest_session = seconds(2'592'000)};
}
IssuerRules foreign() {
  return {.issuer = "https://accounts.example",
          .stamps = StampKind::kTime,
          .session_claims = {"sid", "origin_jti"},
          .longest_lifetime = seconds(3600),
          .longest_session = seconds(86'400)};
}

constexpr std::string_view kCanonical =
    R"({"issuers":[{"iss":"https://accounts.example","stamps":"time",)"
    R"("session_claims":["origin_jti","sid"],"revocable_claims":[],)"
    R"("longest_lifetime":3600,"longest_session":86400},)"
    R"({"iss":"https://auth.example","stamps":"position","session_claims":["sid"],)"
    R"("revocable_claims":["tenant"],"longest_lifetime":900,"longest_session":2592000}]})";

TEST(RulesTest, HaveOneSpelling) {
  EXPECT_EQ(to_json(Rules{{ours(), foreign()}}), kCanonical);
  EXPECT_EQ(to_json(Rules{{foreign(), ours()}}), kCanonical);
  const auto read = parse(kCanonical);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), kCanonical);
  EXPECT_EQ(*read->find("https://auth.example"), ours());
  EXPECT_EQ(read->find("https://auth.example/"), nullptr);
}

TEST(RulesTest, IgnoreUnknownMembersAndTakeWhatIsLeftOutAsEmpty) {
  const auto read =
      parse(R"({"later":1,"issuers":[{"iss":"i","stamps":"time","longest_lifetime":60,"x":{}}]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(
      read->issuers.at(0),
      (IssuerRules{.issuer = "i", .stamps = StampKind::kTime, .longest_lifetime = seconds(60)}));
  EXPECT_TRUE(parse(R"({"issuers":[]})"));
}

// An issuer that is good, but for the members that `rest` adds or repeats in another spelling.
std::string issuer_with(std::string_view rest) {
  return R"({"issuers":[{"iss":"i","stamps":"time",)" + std::string(rest) + "}]}";
}

TEST(RulesTest, AreRefusedWhereTypeLimitOrMeaningIsWrong) {
  EXPECT_TRUE(parse(issuer_with(R"("longest_lifetime":60)")));
  for (const std::string& text : {
           std::string("{}"),
           std::string("[]"),
           std::string(R"({"issuers":{}})"),
           std::string(R"({"issuers":[1]})"),
           std::string(R"({"issuers":[{"stamps":"time","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"","stamps":"time","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"a\nb","stamps":"time","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":1,"stamps":"time","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"i","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"i","stamps":"Time","longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"i","stamps":1,"longest_lifetime":60}]})"),
           std::string(R"({"issuers":[{"iss":"i","stamps":"time","longest_lifetime":60},)"
                       R"({"iss":"i","stamps":"time","longest_lifetime":61}]})"),
           issuer_with(R"("longest_lifetime":0)"),
           issuer_with(R"("longest_session":60)"),
           issuer_with(R"("longest_lifetime":-1)"),
           issuer_with(R"("longest_lifetime":60.5)"),
           issuer_with(R"("longest_lifetime":"60")"),
           issuer_with(R"("longest_lifetime":3153600001)"),
           issuer_with(R"("longest_lifetime":60,"session_claims":["sid"])"),
           issuer_with(R"("longest_lifetime":60,"longest_session":60,"session_claims":["jti"])"),
           issuer_with(R"("longest_lifetime":60,"longest_session":60,"session_claims":"sid")"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":["sub"])"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":["fpos"])"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":["exp"])"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":["a","a"])"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":[""])"),
           issuer_with(R"("longest_lifetime":60,"revocable_claims":[1])"),
           issuer_with(R"("longest_lifetime":60,"longest_session":60,)"
                       R"("session_claims":["a"],"revocable_claims":["a"])"),
       }) {
    const auto read = parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid) << text;
  }
}

std::string with_issuers(std::size_t count) {
  Rules rules;
  for (std::size_t i = 0; i < count; ++i) {
    rules.issuers.push_back({.issuer = std::to_string(i), .longest_lifetime = seconds(60)});
  }
  return to_json(rules);
}
std::string with_claims(std::size_t count, std::size_t size) {
  IssuerRules rules{.issuer = "i", .longest_lifetime = seconds(60)};
  for (std::size_t i = 0; i < count; ++i) {
    rules.revocable_claims.emplace_back(size, static_cast<char>('a' + i));
  }
  return to_json(Rules{{rules}});
}

TEST(RulesTest, HoldTheirLimitsAndNothingBeyond) {
  EXPECT_TRUE(parse(with_issuers(kMaxIssuers)));
  EXPECT_FALSE(parse(with_issuers(kMaxIssuers + 1)));
  EXPECT_TRUE(parse(with_claims(kMaxClaimsPerIssuer, kMaxClaimBytes)));
  EXPECT_FALSE(parse(with_claims(kMaxClaimsPerIssuer + 1, 1)));
  EXPECT_FALSE(parse(with_claims(1, kMaxClaimBytes + 1)));
}

TEST(SuccessorTest, MayGrow) {
  const Rules before{{ours()}};
  Rules after{{ours(), foreign()}};
  after.issuers[0].revocable_claims.emplace_back("device");
  after.issuers[0].session_claims.emplace_back("session_id");
  const StillAlive everything = [](auto, auto) { return true; };
  EXPECT_TRUE(check_successor(before, after, everything));
  EXPECT_TRUE(check_successor(before, before, everything));
  EXPECT_TRUE(check_successor(Rules{}, after, everything));
}

TEST(SuccessorTest, NeverChangesTheOrderOfAnIssuersStamps) {
  Rules after{{ours(), foreign()}};
  after.issuers[1].stamps = StampKind::kPosition;
  EXPECT_FALSE(check_successor(Rules{{ours(), foreign()}}, after));
}

TEST(SuccessorTest, LosesAClaimOnceNothingAliveWasMadeByIt) {
  const Rules before{{ours(), foreign()}};
  struct Case {
    std::string_view what;
    Rules after;
    std::string_view issuer;
    std::string_view claim;
  };
  std::vector<Case> cases{
      {"a revocable claim", before, "https://auth.example", "tenant"},
      {"a session claim", before, "https://accounts.example", "origin_jti"},
      {"a session claim becomes a revocable one", before, "https://accounts.example", "origin_jti"},
      {"an issuer", Rules{{ours()}}, "https://accounts.example", "sub"},
  };
  cases[0].after.issuers[0].revocable_claims.clear();
  cases[1].after.issuers[1].session_claims = {"sid"};
  cases[2].after.issuers[1].session_claims = {"sid"};
  cases[2].after.issuers[1].revocable_claims = {"origin_jti"};
  for (const Case& c : cases) {
    const StillAlive that = [&c](auto issuer, auto claim) {
      return issuer == c.issuer && claim == c.claim;
    };
    EXPECT_FALSE(check_successor(before, c.after, that)) << c.what;
    EXPECT_TRUE(check_successor(before, c.after, [](auto, auto) { return false; })) << c.what;
    EXPECT_TRUE(check_successor(before, c.after)) << c.what;
  }
}

}  // namespace
}  // namespace rescind::revocation
