#include "daemon/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace rescind::daemon {
namespace {

TEST(Suggest, CountsInsertedDeletedReplacedAndSwappedLetters) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("issuer", "issuer"), 0U);
  EXPECT_EQ(edit_distance("isuer", "issuer"), 1U);
  EXPECT_EQ(edit_distance("issuers", "issuer"), 1U);
  EXPECT_EQ(edit_distance("izsuer", "issuer"), 1U);
  EXPECT_EQ(edit_distance("issure", "issuer"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, NamesTheNearestWordThatMayBeMeant) {
  const std::vector<std::string> words{"issuer", "access_ttl", "refresh_ttl", "x"};
  EXPECT_EQ(suggest("isuer", words), "issuer");
  EXPECT_EQ(suggest("acess_tll", words), "access_ttl");
  EXPECT_EQ(suggest("refesh_ttl", words), "refresh_ttl");
  EXPECT_EQ(suggest("colour", words), std::nullopt);
  EXPECT_EQ(suggest("y", words), std::nullopt);
  EXPECT_EQ(suggest(std::string(1000, 'a'), words), std::nullopt);
  EXPECT_EQ(did_you_mean("isuer", words), "; did you mean \"issuer\"?");
  EXPECT_EQ(did_you_mean("colour", words), "");
}

}  // namespace
}  // namespace rescind::daemon
