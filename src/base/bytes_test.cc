#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace rescind {
namespace {

TEST(Bytes, HashesAsFips180Says) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({bytes_of("a"), bytes_of(""), bytes_of("bc")}), sha256("abc"));
  EXPECT_NE(sha256("abd"), sha256("abc"));
}

TEST(Bytes, WritesAndReadsHex) {
  std::array<std::uint8_t, 4> out{};
  EXPECT_EQ(to_hex(bytes_of(std::string_view("\x00\x7f\x80\xff", 4))), "007f80ff");
  ASSERT_TRUE(from_hex("007F80ff", out));
  EXPECT_EQ(text_of(out), std::string_view("\x00\x7f\x80\xff", 4));
  for (const std::string_view bad :
       {"", "007f80f", "007f80ff0", "007f80ff00", "007f80fg", "0x7f80ff", "007f80f "}) {
    EXPECT_FALSE(from_hex(bad, out)) << bad;
  }
}

TEST(Bytes, ComparesWholeTexts) {
  EXPECT_TRUE(constant_time_equal(bytes_of("same"), bytes_of("same")));
  EXPECT_TRUE(constant_time_equal({}, {}));
  EXPECT_FALSE(constant_time_equal(bytes_of("same"), bytes_of("samf")));
  EXPECT_FALSE(constant_time_equal(bytes_of("same"), bytes_of("sam")));
  EXPECT_FALSE(constant_time_equal(bytes_of("same"), {}));
}

TEST(Bytes, PutsTheGreatestByteFirst) {
  std::string out;
  put_u32(out, 0x01020384U);
  put_u64(out, 0xff00000000000102U);
  EXPECT_EQ(to_hex(bytes_of(out)), "01020384ff00000000000102");
  EXPECT_EQ(get_u32(bytes_of(out).data()), 0x01020384U);
  EXPECT_EQ(get_u64(bytes_of(out).data() + 4), 0xff00000000000102U);
}

}  // namespace
}  // namespace rescind
