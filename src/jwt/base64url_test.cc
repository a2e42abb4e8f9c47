#include "jwt/base64url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace rescind::jwt {
namespace {

TEST(Base64Url, AgreesWithTheExamplesOfTheRfc) {
  struct Case {
    std::string_view bytes;
    std::string_view text;
  };
  // RFC 4648 10, without padding.
  for (const Case& test : std::vector<Case>{{"", ""},
                                            {"f", "Zg"},
                                            {"fo", "Zm8"},
                                            {"foo", "Zm9v"},
                                            {"foob", "Zm9vYg"},
                                            {"fooba", "Zm9vYmE"},
                                            {"foobar", "Zm9vYmFy"},
                                            {"\xfb\xff\xbf", "-_-_"}}) {
    EXPECT_EQ(base64url_encode(test.bytes), test.text);
    EXPECT_EQ(base64url_decode(test.text), test.bytes);
  }
}

TEST(Base64Url, RefusesWhatIsNotCanonical) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(base64url_decode("Zm9vYg").has_value());
  for (const std::string_view text :
       {"Zm9vYg=="sv, "Zm9vYg="sv, "Zm9vY"sv,  "Z"sv,     "Zm9vYh"sv, "Zm9vYmF"sv, "Zm9+"sv,
        "Zm9/"sv,     "Zm 9v"sv,   "Zm9v\n"sv, "\tZm9"sv, "Zm9."sv,   "Zm9\0"sv,   "Zm9\x80"sv,
        "Zg\xff"sv,   "Zm?v"sv,    "?m9v"sv,   "Z?"sv,    "?g"sv,     "Zm?"sv}) {
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
  }
}

// Long texts go by vectors, their tails by fours: each byte in each kind of place.
TEST(Base64Url, KnowsItsAlphabetInEveryPlace) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t size = 24; size < 90; size += 4) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'A');
        text[place] = static_cast<char>(byte);
        const auto bytes = base64url_decode(text);
        const std::size_t index = alphabet.find(static_cast<char>(byte));
        ASSERT_EQ(bytes.has_value(), index != std::string_view::npos) << byte << " at " << place;
        if (!bytes) continue;
        std::string expected(size / 4 * 3, '\0');
        const std::size_t group = index << (18 - place % 4 * 6);
        for (std::size_t i = 0; i < 3; ++i) {
          expected[place / 4 * 3 + i] = static_cast<char>(group >> (16 - 8 * i) & 255U);
        }
        ASSERT_EQ(*bytes, expected) << byte << " at " << place;
      }
    }
  }
}

TEST(Base64Url, HasOneSpellingOfASignature) {
  // A lenient decoder reads the last of 86 characters in sixteen ways.
  const std::string good = base64url_encode(std::string(64, 'x'));
  ASSERT_EQ(good.size(), 86U);
  int accepted = 0;
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    std::string other = good;
    other.back() = c;
    const auto bytes = base64url_decode(other);
    if (!bytes) continue;
    ++accepted;
    EXPECT_EQ(*bytes == std::string(64, 'x'), other == good);
  }
  EXPECT_EQ(accepted, 4) << "one for each value of the two bits that count";
}

RC_GTEST_PROP(Base64Url, DecodesWhatItEncodes, (const std::string& bytes)) {
  const std::string text = base64url_encode(bytes);
  RC_ASSERT(base64url_decode(text) == bytes);
}

RC_GTEST_PROP(Base64Url, EncodesWhatItDecodes, (std::vector<std::uint8_t> indices)) {
  std::string text;
  for (const std::uint8_t index : indices) {
    text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[index % 64];
  }
  const auto bytes = base64url_decode(text);
  if (bytes) RC_ASSERT(base64url_encode(*bytes) == text);
}

}  // namespace
}  // namespace rescind::jwt
