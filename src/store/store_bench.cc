// What a durable revocation costs: groups of revocations committed to SQLite, beside the disk's own
// fsync, which is the floor. Runs in the present folder, so that the disk is the one that is meant.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/check.h"
#include "store/committer.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::store {
namespace {

// The floor: 4 KiB appended and synced.
void sync_file(benchmark::State& state) {
  const std::string path = "rescind_store_bench.fsync";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  CHECK(file >= 0);
  const std::string page(4096, 'x');
  for (auto _ : state) {
    CHECK(::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()));
    CHECK(::fsync(file) == 0);
  }
  ::close(file);
  std::filesystem::remove(path);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sync_file)->UseRealTime();

constexpr std::string_view kPath = "rescind_store_bench.db";

void remove_database() {
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(std::string(kPath) + suffix);
  }
}

std::unique_ptr<Committer> open_committer(Log& log, Now now) {
  remove_database();
  auto database = open_sqlite({.path = std::string(kPath)});
  CHECK(database && migrate(**database));
  auto key = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  CHECK(key.has_value());
  auto committer = Committer::open(
      {.issuer = "https://auth.example", .spacing = Milliseconds(0)}, *std::move(database),
      std::make_shared<const jwt::SigningKey>(*std::move(key)), log, now, [] {});
  CHECK(committer.has_value());
  return *std::move(committer);
}

Committer::Operation revoke_session(std::uint64_t id, WallTime now) {
  const auto until = static_cast<revocation::UntilSeconds>(to_seconds(now) + 900);
  return [id, until](Transaction& transaction) -> Result<void> {
    TRY(transaction.revoke({.target = {"https://auth.example", "sid", std::to_string(id)},
                            .cut = std::nullopt,
                            .until = until},
                           "bench", ""));
    return {};
  };
}

// Each iteration is one commit of so many operations, each revoking a session.
void commit_group(benchmark::State& state) {
  NullLog log;
  const SystemClock clock;
  std::unique_ptr<Committer> committer = open_committer(log, clock.now());
  std::int64_t submitted = 0;
  std::int64_t committed = 0;
  for (auto _ : state) {
    const Now now = clock.now();
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      committer->submit(revoke_session(static_cast<std::uint64_t>(++submitted), now.wall),
                        [&committed](const Result<Committer::Committed>& result) {
                          CHECK(result.has_value());
                          ++committed;
                        });
    }
    committer->step(now);
  }
  CHECK(committed == submitted);
  state.SetItemsProcessed(committed);
  committer.reset();
  remove_database();
}
BENCHMARK(commit_group)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime();

}  // namespace
}  // namespace rescind::store

BENCHMARK_MAIN();
