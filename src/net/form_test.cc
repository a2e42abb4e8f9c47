#include "net/form.h"

#include <gtest/gtest.h>

#include "net/limits.h"

namespace rescind::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(PercentEncoding, UndoesItself) {
  std::string all;
  for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
  EXPECT_EQ(percent_decode("a+b%2f"), "a+b/");
}

TEST(PercentEncoding, RefusesBadEscapesAndNul) {
  for (const char* text : {"%", "%4", "%4g", "%g4", "a%", "%00", "%+1", "% 1"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
  EXPECT_FALSE(percent_decode(std::string_view("a\0b", 3)));
}

TEST(Form, ReadsFieldsInTheirOrder) {
  const auto form = Form::parse("b=1+2&a=%26&c&d=x=y");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->fields(), (Fields{{"b", "1 2"}, {"a", "&"}, {"c", ""}, {"d", "x=y"}}));
  EXPECT_EQ(form->find("a"), "&");
  EXPECT_EQ(form->find("A"), std::nullopt);
  EXPECT_TRUE(Form::parse("")->fields().empty());
}

TEST(Form, RefusesWhatCanBeReadInTwoWays) {
  for (const char* text :
       {"a=1&a=2", "a=1&%61=2", "=1", "&", "a=1&&b=2", "a=%", "%zz=1", "a=%00"}) {
    const auto form = Form::parse(text);
    ASSERT_FALSE(form) << text;
    EXPECT_EQ(form.error().code, ErrorCode::kInvalid);
  }
}

TEST(Form, TakesFieldsAtTheLimitAndRefusesOnePast) {
  std::string text = "f0=";
  for (std::size_t i = 1; i < kMaxFormFields; ++i) text += "&f" + std::to_string(i) + "=";
  EXPECT_TRUE(Form::parse(text));
  const auto refused = Form::parse(text + "&more=");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
}

TEST(Form, IsReadAsItWasWritten) {
  const std::string text = encode_form({{"a b", "c&d"}, {"e", ""}});
  EXPECT_EQ(text, "a%20b=c%26d&e=");
  EXPECT_EQ(Form::parse(text)->fields(), (Fields{{"a b", "c&d"}, {"e", ""}}));
}

}  // namespace
}  // namespace rescind::net
