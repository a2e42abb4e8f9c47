#include "revocation/document.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace rescind::revocation {
namespace {

class DocumentTest : public testing::Test {
 protected:
  DocumentTest()
      : mapping_(*Mapping::reserve(std::size_t{256} << 20U)),
        region_(mapping_),
        writer_(region_, words_) {}
  std::optional<Document> read() const {
    return read_document(words_, mapping_->base(), mapping_->size());
  }

  std::shared_ptr<Mapping> mapping_;
  Region region_;
  DocumentWords words_;
  DocumentWriter writer_;
};

TEST_F(DocumentTest, AReaderHasTheLastText) {
  ASSERT_TRUE(read());
  EXPECT_EQ(read()->generation, 0U);
  EXPECT_EQ(read()->text, "");
  for (const std::string text : {"one", "", "three"}) {
    ASSERT_TRUE(writer_.replace(text));
    EXPECT_EQ(read()->text, text);
  }
  EXPECT_EQ(read()->generation, 3U);
  EXPECT_EQ(words_.generation.load(), 3U);
}

TEST_F(DocumentTest, ItsLimitHoldsAndOneBytePastItChangesNothing) {
  ASSERT_TRUE(writer_.replace(std::string(kMaxDocumentBytes, 'x')));
  EXPECT_EQ(writer_.replace(std::string(kMaxDocumentBytes + 1, 'y')).error().code,
            ErrorCode::kTooLarge);
  EXPECT_EQ(read()->text, std::string(kMaxDocumentBytes, 'x'));
}

TEST_F(DocumentTest, WhatIsReplacedGivesItsPagesBack) {
  ASSERT_TRUE(writer_.replace("x"));
  const std::size_t held = region_.held_bytes();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer_.replace(std::string(3000, 'y')));
  EXPECT_EQ(region_.held_bytes(), held);
}

TEST_F(DocumentTest, ADamagedTextIsNotRead) {
  ASSERT_TRUE(writer_.replace("the rules"));
  mapping_->base()[words_.place.load().offset] ^= std::byte{1};
  EXPECT_FALSE(read());
  DocumentWords wild;
  wild.place.store({.offset = mapping_->size(), .bytes = 1, .generation = 1, .checksum = 0});
  EXPECT_FALSE(read_document(wild, mapping_->base(), mapping_->size()));
}

TEST_F(DocumentTest, AReaderNeverSeesHalfAText) {
  ASSERT_TRUE(writer_.replace(std::string(1, 'a')));
  std::atomic<bool> end = false;
  std::thread reader([&] {
    while (!end.load()) {
      const auto document = read();
      ASSERT_TRUE(document);
      ASSERT_EQ(document->text, std::string(document->text.size(), document->text[0]));
      ASSERT_EQ(document->text.size(), document->generation);
    }
  });
  for (std::size_t n = 2; n < 3000; ++n) {
    ASSERT_TRUE(writer_.replace(std::string(n, static_cast<char>('a' + n % 26))));
  }
  end = true;
  reader.join();
}

}  // namespace
}  // namespace rescind::revocation
