#include "base/json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/allocations_for_test.h"
#include "base/json_fuzz.h"

namespace rescind::json {
namespace {

constexpr Limits kWide{.bytes = 1U << 20U, .depth = 600, .members = 300'000};

bool accepts(std::string_view text, const Limits& limits = Limits{}) {
  Reader reader;
  return reader.parse(text, limits).has_value();
}

Fault fault_of(std::string_view text, const Limits& limits = Limits{}) {
  Reader reader;
  const auto value = reader.read(text, limits);
  EXPECT_FALSE(value.has_value()) << text;
  return value ? Fault::kSyntax : value.error();
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(JsonReader, ReadsEveryKindOfValue) {
  Reader reader;
  const auto root = reader.parse(
      R"( {"s":"text","t":true,"f":false,"n":null,"i":-7,"d":2.5,"a":[1,"x",[]],"o":{"k":{}}} )",
      Limits{});
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->size(), 8U);
  EXPECT_EQ(root->find("s")->string(), "text");
  EXPECT_EQ(root->find("t")->boolean(), true);
  EXPECT_EQ(root->find("f")->boolean(), false);
  EXPECT_TRUE(root->find("n")->is(Type::kNull));
  EXPECT_EQ(root->find("i")->integer(), -7);
  EXPECT_EQ(root->find("i")->number(), -7.0);
  EXPECT_EQ(root->find("d")->number(), 2.5);
  EXPECT_EQ(root->find("d")->integer(), std::nullopt);
  EXPECT_EQ(root->find("a")->size(), 3U);
  EXPECT_TRUE(root->find("o")->find("k")->is_object());
  EXPECT_FALSE(root->find("k").has_value()) << "a nested name is not the root's";
  EXPECT_FALSE(root->find("s")->find("x").has_value());
  EXPECT_FALSE(root->next().has_value());
}

TEST(JsonReader, WalksChildrenInTheOrderOfTheText) {
  Reader reader;
  const auto root = reader.parse(R"({"a":[1,2,{"x":3}],"b":{"c":[]},"d":4})", Limits{});
  ASSERT_TRUE(root.has_value());
  std::string names;
  for (auto child = root->first(); child; child = child->next()) names += child->name();
  EXPECT_EQ(names, "abd");
  const auto last = root->find("a")->first()->next()->next();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->find("x")->integer(), 3);
  EXPECT_EQ(last->name(), "");
  EXPECT_FALSE(last->next().has_value());
}

TEST(JsonReader, ValuesOutliveTheTextTheyWereReadFrom) {
  Reader reader;
  auto text = std::make_unique<std::string>(R"({"name":"a value long enough for the heap"})");
  const auto root = reader.parse(*text, Limits{});
  text.reset();
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->find("name")->string(), "a value long enough for the heap");
}

TEST(JsonReader, UnescapesStringsAndNames) {
  struct Case {
    std::string_view text;
    std::string_view value;
  };
  using namespace std::string_view_literals;
  const std::vector<Case> cases = {
      {R"("")", ""},
      {R"("a\"\\\/\b\f\n\r\tb")", "a\"\\/\b\f\n\r\tb"},
      {R"("\u0041\u00e9\u20AC")", "A\u00e9\u20ac"},
      {R"("\ud83d\ude00 tail")", "\U0001F600 tail"},
      {R"("x\u0000y")", "x\0y"sv},
      {"\"\x7f\"", "\x7f"},
      {"\"0123456\u00e9 and \u20ac and \U0001F600 0123456789\"",
       "0123456\u00e9 and \u20ac and \U0001F600 0123456789"},
  };
  Reader reader;
  for (const Case& test : cases) {
    const auto value = reader.parse(test.text, Limits{});
    ASSERT_TRUE(value.has_value()) << test.text;
    EXPECT_EQ(value->string(), test.value) << test.text;
  }
  const auto named = reader.parse(R"({"s\u0075b":1})", Limits{});
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->find("sub")->integer(), 1);
}

TEST(JsonReader, RefusesWhatIsNoString) {
  using namespace std::string_view_literals;
  EXPECT_EQ(fault_of("\"a\nb\""), Fault::kControl);
  EXPECT_EQ(fault_of("\"a\0b\""sv), Fault::kControl);
  EXPECT_EQ(fault_of(R"("\ud800")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\udc00")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\ud800A")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\ud800\ud800")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\u12g4")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\x41")"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("\u00)"), Fault::kEscape);
  EXPECT_EQ(fault_of(R"("open)"), Fault::kSyntax);
  EXPECT_EQ(fault_of("\"\\"), Fault::kEscape);
}

TEST(JsonReader, RefusesWhatIsNotUtf8) {
  using namespace std::string_literals;
  const std::vector<std::string> cases = {
      "\x80"s,         "\xc3"s,         "\xc0\x80"s,         "\xc1\xbf"s,
      "\xe0\x9f\xbf"s, "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s,
      "\xf5\x80\x80"s, "\xe2\x82"s,     "\xf0\x9f\x98"s,     "\xff"s,
      "\xe2\x28\xa1"s};
  for (const std::string& bytes : cases) {
    EXPECT_EQ(fault_of("\"" + bytes + "\""), Fault::kUtf8) << testing::PrintToString(bytes);
    EXPECT_EQ(fault_of("{\"longer than one word " + bytes + "\":1}"), Fault::kUtf8);
  }
  EXPECT_TRUE(accepts("\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xe0\xa0\x80\""));
  EXPECT_EQ(fault_of("\xef\xbb\xbf{}"), Fault::kSyntax) << "a byte order mark";
  EXPECT_EQ(fault_of("{\0}\0"s), Fault::kSyntax) << "UTF-16";
}

TEST(JsonReader, RefusesNamesThatStandTwice) {
  EXPECT_EQ(fault_of(R"({"a":1,"a":1})"), Fault::kDuplicate);
  EXPECT_EQ(fault_of(R"({"sub":1,"x":2,"s\u0075b":3})"), Fault::kDuplicate);
  EXPECT_EQ(fault_of(R"({"o":[{"p":{"":1,"":2}}]})"), Fault::kDuplicate);
  EXPECT_TRUE(accepts(R"({"a":{"a":1},"b":[{"a":1},{"a":1}],"A":1})"));
}

TEST(JsonReader, FindsDuplicatesAmongFewAndMany) {
  for (const std::size_t count : {2U, 15U, 16U, 17U, 18U, 1'000U, 100'000U}) {
    std::string good = "{";
    for (std::size_t i = 0; i < count; ++i) {
      good += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":{\"n0\":0}";
    }
    EXPECT_TRUE(accepts(good + "}", Limits{.bytes = 1U << 24U, .depth = 8, .members = 400'000}));
    for (const std::size_t twin : {std::size_t{0}, count / 2, count - 1}) {
      EXPECT_EQ(fault_of(good + ",\"n" + std::to_string(twin) + "\":0}",
                         Limits{.bytes = 1U << 24U, .depth = 8, .members = 400'000}),
                Fault::kDuplicate);
    }
  }
}

TEST(JsonReader, HoldsEachLimitAndRefusesOnePastIt) {
  const Limits limits{.bytes = 64, .depth = 3, .members = 5};
  EXPECT_TRUE(accepts("\"" + std::string(62, 'x') + "\"", limits));
  EXPECT_EQ(fault_of("\"" + std::string(63, 'x') + "\"", limits), Fault::kTooLong);
  EXPECT_TRUE(accepts(R"([{"a":[1]}])", limits));
  EXPECT_EQ(fault_of(R"([{"a":[[]]}])", limits), Fault::kTooDeep);
  EXPECT_EQ(fault_of(R"([{"a":[{}]}])", limits), Fault::kTooDeep);
  EXPECT_TRUE(accepts("[1,2,3,4,5]", limits));
  EXPECT_EQ(fault_of("[1,2,3,4,5,6]", limits), Fault::kTooMany);
  EXPECT_TRUE(accepts(R"({"a":[1,2],"b":{"c":1}})", limits));
  EXPECT_EQ(fault_of(R"({"a":[1,2],"b":{"c":1},"d":1})", limits), Fault::kTooMany);
  Reader reader;
  EXPECT_EQ(reader.parse("[1,2,3,4,5,6]", limits).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(reader.parse("[1,", limits).error().code, ErrorCode::kInvalid);
}

TEST(JsonReader, ReadsNumbersExactly) {
  struct Case {
    std::string_view text;
    std::optional<std::int64_t> integer;
    std::optional<double> number;
  };
  const std::vector<Case> cases = {
      {"0", 0, 0.0},
      {"-0", 0, 0.0},
      {"9223372036854775807", INT64_MAX, 9223372036854775807.0},
      {"-9223372036854775808", INT64_MIN, -9223372036854775808.0},
      {"9223372036854775808", std::nullopt, 9223372036854775808.0},
      {"18446744073709551615", std::nullopt, 18446744073709551615.0},
      {"18446744073709551616", std::nullopt, 18446744073709551616.0},
      {"-9223372036854775809", std::nullopt, -9223372036854775809.0},
      {"1e3", std::nullopt, 1000.0},
      {"1.0", std::nullopt, 1.0},
      {"1E-2", std::nullopt, 0.01},
      {"1.7976931348623157e308", std::nullopt, 1.7976931348623157e308},
  };
  Reader reader;
  for (const Case& test : cases) {
    const auto value = reader.parse(test.text, Limits{});
    ASSERT_TRUE(value.has_value()) << test.text;
    EXPECT_EQ(value->integer(), test.integer) << test.text;
    EXPECT_EQ(value->number(), test.number) << test.text;
  }
  EXPECT_EQ(reader.parse("18446744073709551615", Limits{})->unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(reader.parse("18446744073709551616", Limits{})->unsigned_integer(), std::nullopt);
  EXPECT_EQ(reader.parse("-1", Limits{})->unsigned_integer(), std::nullopt);
}

TEST(JsonReader, RefusesNumbersThatNoDoubleHolds) {
  EXPECT_EQ(fault_of("1e400"), Fault::kNumber);
  EXPECT_EQ(fault_of("-1e400"), Fault::kNumber);
  EXPECT_EQ(fault_of("1e-400"), Fault::kNumber);
  EXPECT_EQ(fault_of(std::string(1'900, '9')), Fault::kNumber);
  EXPECT_TRUE(accepts(std::string(300, '9')));
}

TEST(JsonReader, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",           " ",     "{",         "}",        "[1,]",       "[,1]",
        "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "01",         "+1",
        ".5",         "1.",    "1e",        "-",        "NaN",        "Infinity",
        "tru",        "True",  "nulll",     "1 2",      "[1 2]",      "// no\n1",
        "'a'",        "[1}",   "{\"a\":1]", "\v1",      "{\"a\":1}x", "\"a\" \"b\""}) {
    EXPECT_EQ(fault_of(text), Fault::kSyntax) << text;
  }
}

TEST(JsonReader, IsUnmovedByDeepNesting) {
  EXPECT_EQ(fault_of(repeated("[", 100'000), kWide), Fault::kTooDeep);
  EXPECT_EQ(fault_of(repeated("{\"a\":", 100'000), kWide), Fault::kTooDeep);
  EXPECT_TRUE(accepts(repeated("[", 600) + repeated("]", 600), kWide));
}

TEST(JsonReader, AllocatesNothingOnceWarm) {
  Reader reader;
  std::string token = R"({"iss":"https://auth.test","aud":["a","b"],"n":1.5,"e":"\u00e9","m":{)";
  for (int i = 0; i < 100; ++i) {
    token += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  }
  token += "}}";
  ASSERT_TRUE(reader.read(token, Limits{}).has_value());
  const std::size_t before = allocations_of_this_thread();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(reader.read(token, Limits{}).has_value());
    ASSERT_FALSE(reader.read("{\"a\":1,\"a\":2}", Limits{}).has_value());
  }
  EXPECT_EQ(allocations_of_this_thread(), before);
}

TEST(JsonWriter, WritesWhatTheReaderReads) {
  Writer writer;
  writer.object().member("s", "a\"\\\n\x01\u00e9").member("i", -5).member("u", UINT64_MAX);
  writer.member("d", 0.1).member("t", true).name("n").null().name("a").array();
  writer.value(1).value("x").object().end().array().end().end().name("r").raw("{\"x\":1}").end();
  EXPECT_EQ(writer.text(),
            "{\"s\":\"a\\\"\\\\\\n\\u0001\u00e9\",\"i\":-5,\"u\":18446744073709551615,\"d\":0.1,"
            "\"t\":true,\"n\":null,\"a\":[1,\"x\",{},[]],\"r\":{\"x\":1}}");
  Reader reader;
  const auto root = reader.parse(writer.text(), Limits{});
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->find("s")->string(), "a\"\\\n\x01\u00e9");
  EXPECT_EQ(root->find("u")->unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(writer.take().front(), '{');
}

TEST(JsonWriter, WritesDoublesInTheShortestForm) {
  Writer writer;
  writer.array().value(0.1).value(-0.0).value(5.0).value(1e300).value(-2.5e-7).end();
  EXPECT_EQ(writer.text(), "[0.1,0,5,1e+300,-2.5e-07]");
}

TEST(JsonWriter, WritesReplacementCharactersForWhatIsNotUtf8) {
  Writer writer;
  writer.value(std::string_view("a\xff\xe2\x82z\xed\xa0\x80"));
  EXPECT_EQ(writer.text(), "\"a\ufffd\ufffd\ufffdz\ufffd\ufffd\ufffd\"");
  EXPECT_TRUE(accepts(writer.text()));
}

TEST(JsonFuzz, ReachesSuccessWithEachEntryOfItsCorpus) {
  int entries = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(RESCIND_SOURCE_DIR "/src/base/corpus/json_fuzz")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    EXPECT_TRUE(fuzz_json(text)) << entry.path();
    ++entries;
  }
  EXPECT_GE(entries, 5);
  EXPECT_FALSE(fuzz_json("{\"a\":1,\"a\":2}"));
}

TEST(JsonWriterDeathTest, EndsTheProcessOnMisuse) {
  EXPECT_DEATH(Writer().object().value(1), "CHECK");
  EXPECT_DEATH(Writer().array().name("a"), "CHECK");
  EXPECT_DEATH(Writer().end(), "CHECK");
  EXPECT_DEATH(Writer().value(1).value(2), "CHECK");
}

}  // namespace
}  // namespace rescind::json
