#include "authority/object_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::authority {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ObjectReaderTest : public testing::Test {
 protected:
  ObjectReader read(std::string_view text) { return ObjectReader(*reader_.parse(text, {})); }
  static std::string error(const ObjectReader& reader) {
    const auto finished = reader.finish();
    return finished ? "" : finished.error().message;
  }

 private:
  json::Reader reader_;
};

TEST_F(ObjectReaderTest, TakesWhatItIsAskedFor) {
  ObjectReader object = read(R"({"a":"x","b":["y","z"],"c":true,"d":"single","s":"line\nbreak"})");
  EXPECT_EQ(object.text("a", 1), "x");
  EXPECT_THAT(object.optional_texts("b", 1, 2), ElementsAre("y", "z"));
  EXPECT_TRUE(object.optional_truth("c"));
  EXPECT_THAT(object.optional_texts("d", 9, 2), ElementsAre("single"));
  EXPECT_EQ(object.secret("s", 99).expose(), "line\nbreak");
  EXPECT_EQ(object.optional_text("none", 9), "");
  EXPECT_EQ(error(object), "");
}

TEST_F(ObjectReaderTest, RefusesWhatIsWrongAndNamesIt) {
  const struct {
    const char* json;
    const char* why;
  } cases[] = {
      {R"({})", "\"a\" is missing"},
      {R"({"a":1})", "\"a\" has to be a text"},
      {R"({"a":null})", "\"a\" has to be a text"},
      {R"({"a":""})", "\"a\" has to be a text"},
      {R"({"a":"12345"})", "\"a\" is longer than 4 bytes"},
      {R"({"a":"x\u0000"})", "\"a\" has a control character"},
      {R"({"a":"x\r\n"})", "\"a\" has a control character"},
      {R"({"a":"x","e":1})", "not known here"},
      {R"({"a":"x","b":[1]})", "\"b\" has to be"},
      {R"({"a":"x","b":["1","2","3"]})", "\"b\" has too many"},
      {R"({"a":"x","c":"true"})", "\"c\" has to be true or false"},
  };
  for (const auto& c : cases) {
    ObjectReader object = read(c.json);
    object.text("a", 4);
    object.optional_texts("b", 4, 2);
    object.optional_truth("c");
    EXPECT_THAT(error(object), HasSubstr(c.why)) << c.json;
  }
}

}  // namespace
}  // namespace rescind::authority
