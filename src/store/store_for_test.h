#pragma once
// For tests: databases in a temporary folder that goes away with its owner, and an authority's
// store on a clock that the test moves. One thread.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "feed/batch.h"
#include "jwt/key.h"
#include "store/committer.h"
#include "store/database.h"
#include "store/store_log.h"

namespace rescind::store {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A connection to `path`; a lock is waited for a moment only.
std::unique_ptr<Database> connect(const std::string& path);
// The same, with the schema in it.
std::unique_ptr<Database> connect_migrated(const std::string& path);

// The file as a backup would copy it, with what has not been moved out of the write-ahead log yet.
void copy_database(const std::string& from, const std::string& to);

inline constexpr std::string_view kIssuer = "https://auth.example";

// "Sign out everywhere" of a user, and the end of a session, of the test's issuer.
revocation::Revocation of_user(std::string_view subject,
                               revocation::UntilSeconds until = 2'000'000'000);
revocation::Revocation of_session(std::string_view id,
                                  revocation::UntilSeconds until = 2'000'000'000);

// A committer and a log over one file.
class StoreForTest {
 public:
  explicit StoreForTest(std::string path, Committer::Options options = {});

  // Opens (again), as a process that starts.
  Result<void> open();
  void close();

  // What an operation was answered, once step() has run it.
  using Answer = std::shared_ptr<std::optional<Result<Committer::Committed>>>;
  Answer submit(Committer::Operation operation);
  // Submits it and steps until it is answered.
  Result<Committer::Committed> run(Committer::Operation operation);
  Result<Committer::Committed> revoke(revocation::Revocation revocation);
  // Steps once, `later`.
  BootTime step(Milliseconds later = Milliseconds(5));

  // What followers trust.
  jwt::KeySet keys() const;
  // All batches that are kept, checked: signatures, numbers, hashes.
  std::vector<feed::Batch> batches();
  std::string heartbeat();

  const std::string path;
  Committer::Options options;
  const std::shared_ptr<const jwt::SigningKey> key;
  ManualClock clock{{wall_from_ms(1'800'000'000'000), BootTime(std::chrono::hours(1))}};
  NullLog log;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<StoreLog> store_log;
  std::atomic<int> wakes = 0;
};

}  // namespace rescind::store
