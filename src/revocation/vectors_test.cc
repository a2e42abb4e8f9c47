// Reads docs/vectors, which every implementation in any language has to agree with.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/json.h"
#include "revocation/target.h"

namespace rescind::revocation {
namespace {

std::string hex(const Key& key) {
  std::string bytes;
  put_u64(bytes, key.high);
  put_u64(bytes, key.low);
  return to_hex(bytes_of(bytes));
}

TEST(VectorsTest, EveryKeyOfTheDocumentedVectorsIsOurs) {
  std::ifstream file(std::string(RESCIND_SOURCE_DIR) + "/docs/vectors/keys.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  json::Reader reader;
  const auto root = reader.parse(text, {.bytes = 1U << 20U, .depth = 8, .members = 10'000});
  ASSERT_TRUE(root) << root.error().message;
  std::size_t seen = 0;
  for (auto c = root->find("cases")->first(); c; c = c->next()) {
    const std::string note(*c->find("note")->string());
    const auto value = *c->find("value");
    const Target target{
        std::string(*c->find("iss")->string()), std::string(*c->find("claim")->string()),
        value.is_string() ? Value(std::string(*value.string())) : Value(*value.integer())};
    EXPECT_TRUE(check(target)) << note;
    EXPECT_EQ(hex(key_of(target)), *c->find("key")->string()) << note;
    ++seen;
  }
  EXPECT_GE(seen, 12U);
}

}  // namespace
}  // namespace rescind::revocation
