#include "daemon/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(YamlTree, KeepsValuesAndWhereTheyStood) {
  const auto root = parse_yaml("a: 1\nb:\n  - x\n  - {c: \"y z\"}\n", "f");
  ASSERT_TRUE(root) << root.error().message;
  ASSERT_EQ(root->members.size(), 2U);
  EXPECT_EQ(root->members[0].key, "a");
  EXPECT_EQ(root->members[0].value.text, "1");
  EXPECT_EQ(root->members[1].place.line, 2);
  const YamlNode& list = root->members[1].value;
  ASSERT_EQ(list.kind, YamlNode::Kind::kSequence);
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0].text, "x");
  EXPECT_EQ(list.items[0].place.line, 3);
  EXPECT_EQ(list.items[0].place.column, 5);
  ASSERT_EQ(list.items[1].members.size(), 1U);
  EXPECT_EQ(list.items[1].members[0].value.text, "y z");
}

TEST(YamlTree, ReadsQuotesBehindEveryKindOfText) {
  const auto root = parse_yaml("\xEF\xBB\xBF# caf\xC3\xA9\r\na: 'it''s'\r\nb: \"x\\\"y\"\r\n", "f");
  ASSERT_TRUE(root) << root.error().message;
  ASSERT_EQ(root->members.size(), 2U);
  EXPECT_EQ(root->members[0].value.text, "it's");
  EXPECT_EQ(root->members[1].value.text, "x\"y");
  EXPECT_FALSE(parse_yaml(std::string("a: 1\0", 5), "f"));
}

TEST(YamlTree, KeepsDuplicateKeysForTheLoaderToName) {
  const auto root = parse_yaml("a: 1\na: 2\n", "f");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->members.size(), 2U);
}

TEST(YamlTree, TakesEmptyTextAsNothing) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"}) {
    const auto root = parse_yaml(text, "f");
    ASSERT_TRUE(root) << text << root.error().message;
    EXPECT_EQ(root->kind, YamlNode::Kind::kNull);
  }
}

TEST(YamlTree, RefusesWhatHasTwoReadings) {
  const struct {
    std::string_view text;
    std::string_view where;
    std::string_view why;
  } kCases[] = {
      {"a: &x 1\n", "f:1:4: ", "anchors"},
      {"a: &x {b: 1}\n", "f:1:4: ", "anchors"},
      {"a: &x\n", "f:1:", "anchors"},
      {"a: *x\n", "f:1:4: ", "anchor"},
      {"a: !!int 1\n", "f:1:4: ", "tags"},
      {"a: 1\n---\nb: 2\n", "f:3:1: ", "second document"},
      {"- a\n", "f:1:1: ", "key: value"},
      {"just words\n", "f:1:1: ", "key: value"},
      {"? [a, b]\n: 1\n", "f:1:3: ", "a key has to be a word"},
      {"a: [1, 2\n", "f:", "end of sequence"},
      {"a: 1\n b: 2\n", "f:2:", ""},
      {"a: \"unclosed\n", "f:1:4: ", "never closed"},
      {"a: 'it''s\nb: 1\n", "f:1:4: ", "never closed"},
      {"a: \"x\\\"\nb: 1\n", "f:1:4: ", "never closed"},
      {"a: 'b: 1", "f:1:", ""},
  };
  for (const auto& one : kCases) {
    const auto root = parse_yaml(one.text, "f");
    ASSERT_FALSE(root) << one.text;
    EXPECT_EQ(root.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(root.error().message, StartsWith(std::string(one.where))) << one.text;
    EXPECT_THAT(root.error().message, HasSubstr(std::string(one.why))) << one.text;
  }
}

TEST(YamlTree, HasLimits) {
  const auto nested = [](std::size_t depth) {
    return "a: " + std::string(depth - 1, '[') + std::string(depth - 1, ']');
  };
  EXPECT_TRUE(parse_yaml(nested(kMaxConfigDepth), "f"));
  const auto deep = parse_yaml(nested(kMaxConfigDepth + 1), "f");
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code, ErrorCode::kTooLarge);

  const auto of_size = [](std::size_t size) { return "a: " + std::string(size - 3, 'x'); };
  EXPECT_TRUE(parse_yaml(of_size(kMaxConfigBytes), "f"));
  const auto large = parse_yaml(of_size(kMaxConfigBytes + 1), "f");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);

  // The root map, the key, the sequence and its items.
  const auto many = [](std::size_t nodes) {
    std::string text = "a: [";
    for (std::size_t i = 3; i < nodes; ++i) text += "1,";
    return text + "]";
  };
  EXPECT_TRUE(parse_yaml(many(kMaxConfigNodes), "f"));
  const auto more = parse_yaml(many(kMaxConfigNodes + 1), "f");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace rescind::daemon
