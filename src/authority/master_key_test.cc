#include "authority/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "authority/folder_for_test.h"
#include "authority/secret_file.h"

namespace rescind::authority {
namespace {

using MasterKeyTest = FolderTest;
using SecretFileTest = FolderTest;

TEST_F(SecretFileTest, MakesAFileThatOnlyItsOwnerCanReadAndNeverOverwritesOne) {
  const std::string path = file("secret");
  ASSERT_FALSE(read_secret_file(path)->has_value());
  ASSERT_TRUE(create_secret_file(path, Secret("first")));
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto again = create_secret_file(path, Secret("second"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(read_secret_file(path)->value().expose(), "first");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), 1);
}

TEST_F(SecretFileTest, RefusesAFileThatOthersMayRead) {
  const std::string path = file("secret");
  ASSERT_TRUE(create_secret_file(path, Secret("first")));
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  const auto content = read_secret_file(path);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kInvalid);
}

TEST_F(SecretFileTest, SaysWhereItCannotWrite) {
  const auto created = create_secret_file(file("no/such/folder"), Secret("x"));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kUnavailable);
}

TEST_F(MasterKeyTest, IsMadeOnceAndReadFromThenOn) {
  SystemRandom random;
  const std::string path = file("master");
  const auto made = MasterKey::open(path, random);
  const auto read = MasterKey::open(path, random);
  ASSERT_TRUE(made && read);
  EXPECT_EQ(std::filesystem::file_size(path), 32U);
  EXPECT_EQ(made->successor_of("parent"), read->successor_of("parent"));
  EXPECT_NE(made->successor_of("parent"), made->successor_of("parenu"));
}

TEST_F(MasterKeyTest, RefusesAFileOfAnotherLength) {
  SystemRandom random;
  ASSERT_TRUE(create_secret_file(file("master"), Secret(std::string(31, 'k'))));
  const auto key = MasterKey::open(file("master"), random);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kInvalid);
}

TEST_F(MasterKeyTest, OpensWhatItSealedUnderTheSameNameAlone) {
  SystemRandom random;
  const MasterKey key(Secret(std::string(32, 'a')));
  const MasterKey other(Secret(std::string(32, 'b')));
  const std::string sealed = key.seal(Secret("private key"), "kid-1", random);
  EXPECT_EQ(sealed.find("private"), std::string::npos);
  EXPECT_NE(sealed, key.seal(Secret("private key"), "kid-1", random)) << "a nonce of its own";
  EXPECT_EQ(key.unseal(sealed, "kid-1")->expose(), "private key");

  EXPECT_FALSE(key.unseal(sealed, "kid-2"));
  EXPECT_FALSE(other.unseal(sealed, "kid-1"));
  EXPECT_FALSE(key.unseal("", "kid-1"));
  EXPECT_FALSE(key.unseal("not base64url!", "kid-1"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    const auto opened = key.unseal(damaged, "kid-1");
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(MasterKeyTest, KeepsTheFeedKeyInAFileOfItsOwn) {
  const auto made = open_feed_key(file("feed.pem"));
  const auto read = open_feed_key(file("feed.pem"));
  ASSERT_TRUE(made && read);
  EXPECT_EQ((*made)->key_id(), (*read)->key_id());
  EXPECT_EQ((*made)->algorithm(), jwt::Algorithm::kEdDsa);

  ASSERT_TRUE(create_secret_file(file("other.pem"), Secret("no PEM")));
  const auto damaged = open_feed_key(file("other.pem"));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace rescind::authority
