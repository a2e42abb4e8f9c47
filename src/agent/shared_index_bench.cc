// How soon every process of a host knows: one process applies, another that has attached read-only
// spins as a verifier under load would, and finds the entry. And what attaching costs.
//
//   shared_index_bench [entries = 1,000,000] [rounds = 100,000]
//
// Prints microseconds. Both processes need a core of their own: beside other work the tail is the
// scheduler's.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "agent/host_index.h"
#include "base/check.h"
#include "base/log.h"

namespace rescind::agent {
namespace {

using revocation::Entry;
using revocation::Index;
using revocation::IndexView;

std::int64_t now_ns() {  // CLOCK_MONOTONIC: the same for all processes
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

Entry entry(std::uint64_t n) {
  return {.key = {.high = n * 0x9e37'79b9'7f4a'7c15U, .low = n * 0xc2b2'ae3d'27d4'eb4fU + 1},
          .cut = {},
          .until = 4'000'000'000,
          .reason = revocation::Reason::kRevoked};
}

// Beside the index, for the two to tell each other how far they are.
struct Meeting {
  std::atomic<std::uint64_t> looking_for{0};  // by the reader, which has found all before
  std::atomic<std::int64_t> found_ns{0};
};

void print(const char* what, std::vector<std::int64_t> ns) {
  std::ranges::sort(ns);
  const auto at = [&ns](double share) {
    return static_cast<double>(
               ns[static_cast<std::size_t>(share * static_cast<double>(ns.size() - 1))]) /
           1e3;
  };
  std::printf("%-28s p50 %8.2f  p99 %8.2f  p99.9 %8.2f  max %8.2f us  (%zu)\n", what, at(0.5),
              at(0.99), at(0.999), at(1), ns.size());
}

// The other process.
[[noreturn]] void read(const std::string& path, Meeting& meeting, std::uint64_t first,
                       std::uint64_t rounds) {
  const Index::Reader reader(*IndexView::attach(path));
  std::uint64_t version = reader.version();
  for (std::uint64_t n = first; n < first + rounds; ++n) {
    meeting.looking_for.store(n, std::memory_order_release);
    for (;;) {
      const std::uint64_t now = reader.version();
      if (now == version) continue;
      version = now;
      if (reader.find(entry(n).key)) break;
    }
    meeting.found_ns.store(now_ns(), std::memory_order_release);
  }
  _exit(0);
}

void measure_visibility(HostIndex& index, const std::string& path, std::uint64_t first,
                        std::uint64_t rounds) {
  void* const shared =
      mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  Meeting& meeting = *new (shared) Meeting;
  const pid_t reader = fork();
  CHECK(reader >= 0);
  if (reader == 0) read(path, meeting, first, rounds);
  std::vector<std::int64_t> until_applied;
  std::vector<std::int64_t> until_seen;
  for (std::uint64_t n = first; n < first + rounds; ++n) {
    while (meeting.looking_for.load(std::memory_order_acquire) != n) {
    }
    const std::int64_t begun = now_ns();
    CHECK(index.index().apply(entry(n)));
    until_applied.push_back(now_ns() - begun);
    std::int64_t found = 0;
    while ((found = meeting.found_ns.exchange(0, std::memory_order_acq_rel)) == 0) {
    }
    until_seen.push_back(found - begun);
  }
  CHECK(waitpid(reader, nullptr, 0) == reader);
  munmap(shared, sizeof(Meeting));
  print("apply", std::move(until_applied));
  print("apply -> seen elsewhere", std::move(until_seen));
}

void measure_attach(const std::string& path, std::uint64_t known) {
  std::vector<std::int64_t> attached;
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t begun = now_ns();
    const Index::Reader reader(*IndexView::attach(path));
    CHECK(reader.find(entry(known).key));
    attached.push_back(now_ns() - begun);
  }
  print("attach and first look-up", std::move(attached));
}

double cpu_ms() { return static_cast<double>(std::clock()) * 1e3 / CLOCKS_PER_SEC; }

void measure_takeover(const std::string& path, Random& random, Log& log) {
  const std::int64_t begun = now_ns();
  const double cpu_begun = cpu_ms();
  auto index = HostIndex::open({.file = {.path = path, .group = {}}}, random, log);
  CHECK(index);
  revocation::FeedState ready;
  ready.ready = true;
  (*index)->index().set_state(ready);
  (*index)->step(SystemClock().now());
  CHECK((*index)->published());
  std::printf("%-28s %.0f ms (processor %.0f ms) for %zu entries\n", "takeover of the region",
              static_cast<double>(now_ns() - begun) / 1e6, cpu_ms() - cpu_begun,
              (*index)->index().entries());
}

void run(std::uint64_t entries, std::uint64_t rounds) {
  const std::string path = "/dev/shm/rescind-bench-" + std::to_string(getpid());
  SystemRandom random;
  NullLog log;
  auto index = *HostIndex::open({.file = {.path = path, .group = {}}}, random, log);
  index->step(SystemClock().now());
  for (std::uint64_t n = 0; n < entries; ++n) CHECK(index->index().apply(entry(n)));
  measure_visibility(*index, path, entries, rounds);
  measure_attach(path, entries / 2);
  index.reset();
  measure_takeover(path, random, log);
  unlink(path.c_str());
  unlink((path + ".lock").c_str());
}

}  // namespace
}  // namespace rescind::agent

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  rescind::agent::run(number(1, 1'000'000), number(2, 100'000));
  return 0;
}
