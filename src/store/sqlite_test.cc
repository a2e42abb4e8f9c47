#include "store/sqlite.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/check.h"
#include "store/query.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() {
    CHECK(
        database_->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL, "
                           "blob BLOB)"));
  }

  std::int64_t count(Database& database) {
    auto rows = Query::make(database, "SELECT count(*) FROM t");
    CHECK(rows && rows->next());
    return rows->integer(0);
  }
  Result<std::int64_t> insert(Database& database, int id) {
    return run(database, "INSERT INTO t (id, text) VALUES (?1, 'x')", id);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("test.db");
  std::unique_ptr<Database> database_ = connect(path_);
};

TEST_F(SqliteTest, WritesAheadAndSyncsEachCommit) {
  auto rows = Query::make(*database_, "PRAGMA synchronous");
  ASSERT_TRUE(rows && *rows->next());
  EXPECT_EQ(rows->integer(0), 2);  // FULL
  auto mode = Query::make(*database_, "PRAGMA journal_mode");
  ASSERT_TRUE(mode && *mode->next());
  EXPECT_EQ(mode->text(0), "wal");
  auto keys = Query::make(*database_, "PRAGMA foreign_keys");
  ASSERT_TRUE(keys && *keys->next());
  EXPECT_EQ(keys->integer(0), 1);
}

TEST_F(SqliteTest, MakesItsFilesForTheirOwnerAlone) {
  ASSERT_TRUE(insert(*database_, 1));
  for (const std::string& path : {path_, path_ + "-wal", path_ + "-shm"}) {
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << path;
  }
}

TEST_F(SqliteTest, GivesBackWhatItWasGiven) {
  const std::string text("a\0b", 3);
  ASSERT_TRUE(run(*database_, "INSERT INTO t (id, text, blob) VALUES (?1, ?2, ?3)", 1, text,
                  bytes_of(text)));
  ASSERT_TRUE(run(*database_, "INSERT INTO t (id, text, blob) VALUES (?1, ?2, ?3)", 2,
                  std::string_view(), std::optional<Digest>()));
  auto rows = Query::make(*database_, "SELECT text, blob FROM t ORDER BY id");
  ASSERT_TRUE(rows && *rows->next());
  EXPECT_EQ(rows->text(0), text);
  EXPECT_EQ(text_of(rows->blob(1)), text);
  ASSERT_TRUE(*rows->next());
  EXPECT_FALSE(rows->is_null(0));
  EXPECT_EQ(rows->text(0), "");
  EXPECT_TRUE(rows->is_null(1));
  EXPECT_FALSE(*rows->next());
}

TEST_F(SqliteTest, CallsABrokenConstraintAConflict) {
  ASSERT_TRUE(insert(*database_, 1));
  const auto again = insert(*database_, 1);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(SqliteTest, CallsALockedDatabaseUnavailableAndGoesOnAfterwards) {
  const auto other = connect(path_);
  ASSERT_TRUE(other->begin());
  const auto begun = database_->begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::kUnavailable);
  other->rollback();
  ASSERT_TRUE(database_->begin());
  ASSERT_TRUE(insert(*database_, 1));
  EXPECT_TRUE(database_->commit());
}

TEST_F(SqliteTest, CallsAFullDiskUnavailableAndGoesOnAfterwards) {
  ASSERT_TRUE(database_->execute("PRAGMA max_page_count=4"));
  const std::string large(1 << 16, 'x');
  ASSERT_TRUE(database_->begin());
  const auto refused = run(*database_, "INSERT INTO t (id, text) VALUES (1, ?1)", large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  database_->rollback();
  ASSERT_TRUE(database_->execute("PRAGMA max_page_count=1000000"));
  EXPECT_TRUE(run(*database_, "INSERT INTO t (id, text) VALUES (1, ?1)", large));
}

TEST_F(SqliteTest, CallsAFileThatIsNoDatabaseCorrupt) {
  const std::string path = folder_.file("letter.db");
  std::ofstream(path) << std::string(8192, 'x');
  const auto opened = open_sqlite({.path = path});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST_F(SqliteTest, RollsBackToItsSavepointAndNoFurther) {
  ASSERT_TRUE(database_->begin());
  ASSERT_TRUE(insert(*database_, 1));
  ASSERT_TRUE(database_->savepoint());
  ASSERT_TRUE(insert(*database_, 2));
  database_->rollback_to_savepoint();
  ASSERT_TRUE(database_->savepoint());
  ASSERT_TRUE(insert(*database_, 3));
  ASSERT_TRUE(database_->release());
  ASSERT_TRUE(database_->commit());
  EXPECT_EQ(count(*database_), 2);
}

TEST_F(SqliteTest, RefusesToGoOnInATransactionThatIsGone) {
  ASSERT_TRUE(database_->begin());
  ASSERT_TRUE(database_->execute("ROLLBACK"));  // as SQLite does by itself at some errors
  for (const auto& result : {database_->savepoint(), database_->release(), database_->commit()}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  }
  database_->rollback_to_savepoint();
  database_->rollback();
  EXPECT_TRUE(database_->begin());
}

TEST_F(SqliteTest, CommitsThoughSomeRowsWereNotRead) {
  ASSERT_TRUE(database_->begin());
  auto returned = database_->prepare("INSERT INTO t (id, text) VALUES (7, 'x') RETURNING id");
  ASSERT_TRUE(returned);
  ASSERT_TRUE(*(*returned)->step());
  EXPECT_TRUE(database_->commit());
  EXPECT_EQ(count(*database_), 1);
}

TEST_F(SqliteTest, ShowsReadersOnePictureAndOnlyWhatIsCommitted) {
  const auto reader = open_sqlite({.path = path_, .read_only = true});
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->begin_read());
  EXPECT_EQ(count(**reader), 0);
  ASSERT_TRUE(database_->begin());
  ASSERT_TRUE(insert(*database_, 1));
  EXPECT_EQ(count(**reader), 0);
  ASSERT_TRUE(database_->commit());
  EXPECT_EQ(count(**reader), 0);  // the picture of its begin_read()
  ASSERT_TRUE((*reader)->commit());
  EXPECT_EQ(count(**reader), 1);
}

TEST_F(SqliteTest, WritesNothingOverAReadOnlyConnection) {
  const auto reader = open_sqlite({.path = path_, .read_only = true});
  ASSERT_TRUE(reader);
  EXPECT_FALSE(insert(**reader, 1));
  EXPECT_EQ(count(*database_), 0);
}

TEST_F(SqliteTest, DoesNotMakeAFileToReadFrom) {
  const auto opened = open_sqlite({.path = folder_.file("none.db"), .read_only = true});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(folder_.file("none.db")));
}

}  // namespace
}  // namespace rescind::store
