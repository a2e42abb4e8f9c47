#include "cli/screen.h"

#include <gtest/gtest.h>

namespace rescind::cli {
namespace {

TEST(Screen, DrawsInThePlaceOfWhatItHasShown) {
  EXPECT_EQ(Screen::redraw({"a", "b"}, 0, 24, 80), "a\x1b[K\nb\x1b[K\n\x1b[J");
  EXPECT_EQ(Screen::redraw({"c"}, 2, 24, 80), "\x1b[2Fc\x1b[K\n\x1b[J");
}

TEST(Screen, IsNeverWiderOrLongerThanTheTerminal) {
  EXPECT_EQ(Screen::redraw({"abcd", "éèà!", "x", "y"}, 0, 3, 3), "abc\x1b[K\néèà\x1b[K\n\x1b[J");
  EXPECT_EQ(Screen::redraw({"a", "b"}, 0, 0, 1), "a\x1b[K\n\x1b[J") << "one line, always";
}

}  // namespace
}  // namespace rescind::cli
