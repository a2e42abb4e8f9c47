// Writes tokens, most of them damaged in some way and many of those signed anew with the right key,
// each with the verifier's decision. differential.py holds what was accepted against an
// independent, strict reference: what we accept has to be a subset of what that accepts.
//
//   rescind_differential COUNT SEED > tokens.jsonl
//
// The first line has the keys and the policy, each other line one token. The seed decides the
// damage; keys and ECDSA's nonces are new each time.

#include <cstdlib>
#include <iostream>

#include "jwt/base64url.h"
#include "vectors.h"
#include "world.h"

namespace rescind::conformance {
namespace {

using jwt::Algorithm;
using jwt::base64url_encode;
using jwt::SigningKey;

constexpr const char* kIssuer = "https://auth.example";

// One part of a token as a list of members, so that one may stand twice.
using Members = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const Members& members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    text += (text.size() == 1 ? "\"" : ",\"") + name + "\":" + value;
  }
  return text + "}";
}

// What a member is replaced with, or given beside: each is right for some, wrong for most.
const std::vector<std::string> kValues = {"null",
                                          "true",
                                          "false",
                                          "0",
                                          "-0",
                                          "1",
                                          "-1",
                                          "1.5",
                                          "1e3",
                                          "1e400",
                                          "-1e400",
                                          "01",
                                          "1.",
                                          ".5",
                                          "+1",
                                          "NaN",
                                          "Infinity",
                                          "\"\"",
                                          "\"x\"",
                                          "\"orders\"",
                                          "[\"orders\"]",
                                          "[\"x\",\"orders\"]",
                                          "[\"orders\",1]",
                                          "[[\"orders\"]]",
                                          "[]",
                                          "{}",
                                          "{\"a\":1,\"a\":2}",
                                          "{\"a\":{\"b\":[]}}",
                                          "1800000000",
                                          "1800000001",
                                          "1799999999",
                                          "1800000300.5",
                                          "1800000300.0",
                                          "1.8000003e9",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "9223372036854775808",
                                          "253402300799",
                                          "253402300800",
                                          "\"1800000300\"",
                                          "\"at+jwt\"",
                                          "\"AT+JWT\"",
                                          "\"application/at+jwt\"",
                                          "\"JWT\"",
                                          "\"none\"",
                                          "\"None\"",
                                          "\"HS256\"",
                                          "\"ES256\"",
                                          "\"ES384\"",
                                          "\"RS256\"",
                                          "\"PS256\"",
                                          "\"EdDSA\"",
                                          "\"https://auth.example\"",
                                          "\"https://auth.example/\"",
                                          "\"https:\\/\\/auth.example\"",
                                          "\"\\u0000\"",
                                          "\"\\ud800\"",
                                          "\"\\ud83d\\ude00\"",
                                          "\"\xc3\xa9\"",
                                          "\"\xc0\x80\"",
                                          "\"\xed\xa0\x80\"",
                                          "\"a\tb\"",
                                          "\"a\\tb\"",
                                          "[\"exp\"]",
                                          "{\"kty\":\"oct\",\"k\":\"AA\"}"};
const std::vector<std::string> kNames = {"alg", "typ",       "kid",       "crit", "b64", "zip",
                                         "jwk", "jku",       "x5u",       "x5c",  "iss", "sub",
                                         "aud", "exp",       "nbf",       "iat",  "jti", "sid",
                                         "x",   "al\\u0067", "s\\u0075b", "",     "Alg", "cty"};
constexpr std::string_view kLetters = "{}[]:,\" \t\n\r\\/eE+-.0129aAzZ_=?\x7f\xc3\xff";

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  bool one_in(std::uint64_t chances) { return random_.below(chances) == 0; }
  std::size_t below(std::size_t bound) { return random_.below(bound); }
  template <typename T>
  const T& any(const std::vector<T>& of) {
    return of[below(of.size())];
  }

  void change(Members& members) {
    switch (below(5)) {
      case 0:
        if (!members.empty()) members[below(members.size())].second = any(kValues);
        return;
      case 1:
        members.emplace_back(any(kNames), any(kValues));
        return;
      case 2:
        if (!members.empty()) members.erase(members.begin() + offset(members.size()));
        return;
      case 3:
        if (!members.empty()) members.push_back(members[below(members.size())]);
        return;
      default:
        if (!members.empty()) std::swap(members.front(), members[below(members.size())]);
    }
  }

  void change(std::string& text) {
    if (text.empty()) return;
    const std::size_t place = below(text.size());
    switch (below(5)) {
      case 0:
        text[place] = static_cast<char>(text[place] ^ (1 << below(8)));
        return;
      case 1:
        text.erase(place, 1 + below(3));
        return;
      case 2:
        text.insert(place, 1, kLetters[below(kLetters.size())]);
        return;
      case 3:
        text[place] = kLetters[below(kLetters.size())];
        return;
      default:
        text.insert(place, text.substr(below(text.size()), 1 + below(4)));
    }
  }

  // Of a whole token: its segments.
  void change_segments(std::vector<std::string>& segments, const std::vector<std::string>& other) {
    const std::size_t place = below(segments.size());
    switch (below(6)) {
      case 0:
        segments[place] = other[below(other.size())];
        return;
      case 1:
        segments.erase(segments.begin() + offset(segments.size()));
        return;
      case 2:
        segments.push_back(segments[place]);
        return;
      case 3:
        segments[place] += one_in(2) ? "=" : "A";
        return;
      case 4:
        segments[place].clear();
        return;
      default:
        change(segments[place]);
    }
  }

 private:
  std::ptrdiff_t offset(std::size_t size) { return static_cast<std::ptrdiff_t>(below(size)); }
  SeededRandom random_;
};

std::vector<std::string> split(const std::string& token) {
  std::vector<std::string> segments(1);
  for (const char c : token) {
    if (c == '.') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}
std::string join(const std::vector<std::string>& segments) {
  std::string token;
  for (const std::string& segment : segments)
    token += (&segment == segments.data() ? "" : ".") + segment;
  return token;
}

class Differential {
 public:
  explicit Differential(std::uint64_t seed)
      : mutate_(seed), world_({.leeway = std::chrono::seconds(0)}) {
    for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512,
                                      Algorithm::kRs256, Algorithm::kPs256}) {
      keys_.push_back(*SigningKey::generate(algorithm));
    }
    std::string jwks;
    for (const SigningKey& key : keys_) {
      jwks += (jwks.empty() ? "" : ",") + std::string(key.public_key().public_jwk());
    }
    jwks_ = "[" + jwks + "]";
    world_.trust(kIssuer, "{\"keys\":" + jwks_ + "}",
                 {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512, Algorithm::kRs256,
                  Algorithm::kPs256});
    world_.declare({rules_of(kIssuer, {"sid"}, {"tenant"})});
  }

  std::string policy() const {
    json::Writer writer;
    writer.object().member("now", World::kNowSeconds).member("issuer", kIssuer);
    writer.member("audience", World::kAudience).member("leeway", std::int64_t{0});
    writer.member("max_token_lifetime", std::int64_t{86'400});
    return writer.name("jwks").raw(jwks_).end().take();
  }

  std::string next() {
    // RSA signs slowly: one in sixteen.
    const std::size_t which = mutate_.one_in(16) ? 3 + mutate_.below(2) : mutate_.below(3);
    std::string token = made(keys_[which]);
    if (mutate_.one_in(4)) {
      std::vector<std::string> segments = split(token);
      mutate_.change_segments(segments, split(last_));
      token = join(segments);
    }
    last_ = token;
    const Decision decision = world_.check(token);
    json::Writer writer;
    // Bytes as hex: a damaged token need not be text.
    writer.object()
        .member("token", to_hex(bytes_of(token)))
        .member("accepted", decision.accepted());
    if (decision.reason()) writer.member("reason", to_string(*decision.reason()));
    return writer.end().take();
  }

 private:
  static Members header_of(const SigningKey& key) {
    return {{"alg", "\"" + std::string(to_string(key.algorithm())) + "\""},
            {"typ", "\"at+jwt\""},
            {"kid", "\"" + std::string(key.key_id()) + "\""}};
  }
  static Members claims() {
    return {{"iss", "\"https://auth.example\""},
            {"sub", "\"u-1\""},
            {"aud", "\"orders\""},
            {"iat", "1799999990"},
            {"exp", "1800000300"},
            {"jti", "\"j-1\""},
            {"tenant", "[\"acme\",7]"}};
  }

  std::string made(const SigningKey& key) {
    Members head = header_of(key);
    Members body = claims();
    const std::string honest =
        base64url_encode(text_of(head)) + "." + base64url_encode(text_of(body));
    while (!mutate_.one_in(3)) mutate_.change(mutate_.one_in(3) ? head : body);
    std::string header = text_of(head);
    std::string payload = text_of(body);
    if (mutate_.one_in(8)) mutate_.change(header);
    if (mutate_.one_in(6)) mutate_.change(payload);
    const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
    // One in four keeps the signature that the honest token has.
    std::string signature = key.sign(mutate_.one_in(4) ? honest : input);
    if (mutate_.one_in(6)) mutate_.change(signature);
    return input + "." + base64url_encode(signature);
  }

  Mutator mutate_;
  World world_;
  std::vector<SigningKey> keys_;
  std::string jwks_;
  std::string last_ = "a.b.c";
};

}  // namespace
}  // namespace rescind::conformance

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: rescind_differential COUNT SEED\n";
    return 2;
  }
  const long tokens = std::strtol(arguments[1], nullptr, 10);
  rescind::conformance::Differential differential(std::strtoull(arguments[2], nullptr, 10));
  std::cout << differential.policy() << "\n";
  for (long i = 0; i < tokens; ++i) std::cout << differential.next() << "\n";
  return 0;
}
