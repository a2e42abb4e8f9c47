#include <filesystem>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "feed/authority_for_test.h"
#include "simulation/store.h"
#include "store/committer.h"
#include "store/migrations.h"
#include "store/sqlite.h"
#include "store/store_log.h"

namespace rescind::simulation {
namespace {

using feed::Position;

constexpr std::string_view kIssuer = feed::kTestIssuer;

std::unique_ptr<store::Database> connect(const std::string& path) {
  auto database = store::open_sqlite({.path = path});
  CHECK(database.has_value());
  return *std::move(database);
}

void copy_database(const std::string& from, const std::string& to) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(to + suffix);
  for (const char* suffix : {"", "-wal"}) {
    if (std::filesystem::exists(from + suffix)) {
      std::filesystem::copy_file(from + suffix, to + suffix);
    }
  }
}

class RealStore final : public Store {
 public:
  // The schema is made once for a folder and copied: a run has no time for it.
  explicit RealStore(const std::string& folder)
      : path_(folder + "/authority.db"), backup_(folder + "/backup.db") {
    const std::string blank = folder + "/blank.db";
    if (!std::filesystem::exists(blank)) CHECK(store::migrate(*connect(blank)).has_value());
    copy_database(blank, path_);
  }

  void start(Life life) override {
    auto opened = store::Committer::open({.issuer = std::string(kIssuer),
                                          .retention = kLogRetention,
                                          .snapshot_every = kSnapshotEvery},
                                         connect(path_), life.key, null_log_, life.clock.now(),
                                         std::move(life.wake));
    CHECK(opened.has_value());
    committer_ = *std::move(opened);
    log_ = std::make_unique<store::StoreLog>(
        store::StoreLog::Options{.issuer = std::string(kIssuer), .snapshot_every = kSnapshotEvery},
        connect(path_), life.key, life.clock, committer_->steady_time());
    committer_->on_commit(
        [on_commit = std::move(life.on_commit)](const store::Committer::Commit&) { on_commit(); });
  }

  void stop() override {
    log_.reset();
    committer_.reset();
  }

  void submit(Change change, Done done) override {
    CHECK(change.future == Change::Future::kNone);
    committer_->submit(
        [change = std::move(change)](store::Transaction& transaction) -> Result<void> {
          if (change.rules) TRY(transaction.set_rules(*change.rules));
          if (change.bounds) TRY(transaction.raise_bounds(*change.bounds));
          if (change.revocation) TRY(transaction.revoke(*change.revocation, "admin", ""));
          if (change.wants_receipt) transaction.want_receipts();
          return {};
        },
        [done = std::move(done)](const Result<store::Committer::Committed>& committed) {
          if (committed) return done(committed->head);
          done(std::unexpected(committed.error()));
        });
  }

  BootTime step(Now now) override { return committer_->step(now); }
  Position head() const override { return committer_->head(); }
  feed::BatchLog& log() override { return *log_; }
  Result<bool> recover(std::string_view proof, Now now) override {
    return committer_->recover(proof, true, now);
  }
  void change_key(std::shared_ptr<const jwt::SigningKey> next, Now now) override {
    CHECK(committer_->change_key(std::move(next), now).has_value());
  }

  void back_up() override { copy_database(path_, backup_); }
  void restore() override { copy_database(backup_, path_); }

 private:
  std::string path_;
  std::string backup_;
  NullLog null_log_;
  std::unique_ptr<store::Committer> committer_;
  std::unique_ptr<store::StoreLog> log_;
};

}  // namespace

std::unique_ptr<Store> real_store(const std::string& folder) {
  return std::make_unique<RealStore>(folder);
}

}  // namespace rescind::simulation
