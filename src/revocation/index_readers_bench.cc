// What readers and the writer cost each other, beside the containers and locks that one would take
// else; all rows of one run, so that they can be compared.
//
//   index_readers_bench [readers] [growth]      nothing named: both
//
// readers   two threads that look up without a pause while a writer applies 100,000 revocations a
//           second: lookups a second of both, latency of every 16th, what the writer reached.
// growth    one thread that looks up without a pause, and a writer that inserts as fast as it can,
//           from N to 10 N: the reader's longest waits. "quiet" is the same while the writer fills
//           another index, so what the machine takes away is in both; "waits" counts those over
//           100 µs. Given up after 20 s: a lock that readers hold all the time starves the writer.
//
// RESCIND_BENCH_ENTRIES=N, default 1,000,000, is what lies in the index at first. absl's rows are
// there where libabsl-dev was installed when this was configured.

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#ifdef RESCIND_BENCH_ABSL
#include <absl/container/flat_hash_set.h>
#endif

#include <unistd.h>

#include "base/check.h"
#include "revocation/index.h"
#include "revocation/keys_for_bench.h"

namespace rescind::revocation {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;

constexpr std::chrono::seconds kMeasured{3};
constexpr std::uint64_t kWritesPerSecond = 100'000;
constexpr std::size_t kSampledEvery = 16;
constexpr std::size_t kQueries = std::size_t{1} << 18U;
constexpr std::uint64_t kAbsent = std::uint64_t{1} << 60U;
constexpr Nanoseconds kLongWait{100'000};
constexpr std::chrono::seconds kGrowthAtMost{20};

class OurIndex {
 public:
  static constexpr const char* kName = "rescind index";
  OurIndex() : OurIndex(nullptr) { view_ = index_->view(); }

  void reserve(std::size_t entries) { CHECK(index_->reserve(entries).has_value()); }
  void insert(const Key& key) {
    CHECK(index_->apply({.key = key, .cut = {}, .until = kForever}).has_value());
  }
  class Reader {
   public:
    explicit Reader(const OurIndex& index) : reader_(index.view_) {}
    bool has(const Key& key) const { return reader_.find(key).has_value(); }

   private:
    Index::Reader reader_;
  };

 protected:
  static constexpr std::size_t kMaxEntries = std::size_t{1} << 27U;
  explicit OurIndex(std::shared_ptr<Mapping> memory) {
    SystemRandom random;
    index_ = *Index::create(random, {.max_entries = kMaxEntries, .memory = std::move(memory)});
  }

  std::unique_ptr<Index> index_;
  std::shared_ptr<const IndexView> view_;
};

// Read through another mapping of its file, as other processes do.
class OurSharedIndex : public OurIndex {
 public:
  static constexpr const char* kName = "rescind index in /dev/shm";
  OurSharedIndex() : OurIndex(created()) {
    view_ = *IndexView::attach(path());
    CHECK(unlink(path().c_str()) == 0);
  }

 private:
  static std::string path() { return "/dev/shm/rescind-bench-" + std::to_string(getpid()); }
  static std::shared_ptr<Mapping> created() {
    return *Mapping::create_file(path(), Index::reserved_bytes(kMaxEntries));
  }
};

// A set under a lock that readers take as `ReadLock` does.
template <typename Set, typename Mutex, template <typename> typename ReadLock>
class Locked {
 public:
  static const char* const kName;
  void reserve(std::size_t entries) { set_.reserve(entries); }
  void insert(const Key& key) {
    const std::lock_guard lock(mutex_);
    set_.insert(key);
  }
  class Reader {
   public:
    explicit Reader(const Locked& set) : set_(set) {}
    bool has(const Key& key) const {
      const ReadLock<Mutex> lock(set_.mutex_);
      return set_.set_.contains(key);
    }

   private:
    const Locked& set_;
  };

 private:
  mutable Mutex mutex_;
  Set set_;
};
using StandardSet = std::unordered_set<Key, KeyHash>;
using BoostSet = boost::unordered_flat_set<Key, KeyHash>;
using StandardMutex = Locked<StandardSet, std::mutex, std::lock_guard>;
using StandardShared = Locked<StandardSet, std::shared_mutex, std::shared_lock>;
using BoostMutex = Locked<BoostSet, std::mutex, std::lock_guard>;
using BoostShared = Locked<BoostSet, std::shared_mutex, std::shared_lock>;
template <>
const char* const StandardMutex::kName = "std::unordered_set, mutex";
template <>
const char* const StandardShared::kName = "std::unordered_set, shared_mutex";
template <>
const char* const BoostMutex::kName = "boost::unordered_flat_set, mutex";
template <>
const char* const BoostShared::kName = "boost::unordered_flat_set, shared_mutex";
#ifdef RESCIND_BENCH_ABSL
using AbslSet = absl::flat_hash_set<Key, KeyHash>;
using AbslMutex = Locked<AbslSet, std::mutex, std::lock_guard>;
using AbslShared = Locked<AbslSet, std::shared_mutex, std::shared_lock>;
template <>
const char* const AbslMutex::kName = "absl::flat_hash_set, mutex";
template <>
const char* const AbslShared::kName = "absl::flat_hash_set, shared_mutex";
#endif

template <typename T>
std::unique_ptr<T> filled(std::size_t entries, std::size_t room) {
  auto set = std::make_unique<T>();
  set->reserve(room);
  for (std::size_t n = 0; n < entries; ++n) set->insert(key_number(n));
  return set;
}

// Nine in ten are not there, as in life.
std::vector<Key> some_queries(std::size_t entries, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<Key> queries;
  for (std::size_t i = 0; i < kQueries; ++i) {
    queries.push_back(key_number(random.below(entries) + (i % 10 == 0 ? 0 : kAbsent)));
  }
  return queries;
}

struct Looked {
  std::uint64_t lookups = 0;
  std::vector<std::uint32_t> ns;  // of the samples
};

std::uint32_t percentile(std::vector<std::uint32_t>& ns, double share) {
  CHECK(!ns.empty());
  const auto at =
      ns.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(ns.size() - 1) * share);
  std::nth_element(ns.begin(), at, ns.end());
  return *at;
}

template <typename T>
Looked look_up(const T& set, std::uint64_t seed, std::size_t entries, std::size_t every,
               const std::atomic<bool>& done) {
  const auto queries = some_queries(entries, seed);
  const typename T::Reader reader(set);
  Looked looked;
  looked.ns.reserve(std::size_t{1} << 26U);
  std::uint64_t found = 0;
  while (!done.load(std::memory_order_relaxed)) {
    const SteadyClock::time_point before = SteadyClock::now();
    found += static_cast<std::uint64_t>(reader.has(queries[looked.lookups++ % kQueries]));
    const Nanoseconds took = SteadyClock::now() - before;
    looked.ns.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(took.count(), ~0U)));
    for (std::size_t i = 1; i < every; ++i) {
      found += static_cast<std::uint64_t>(reader.has(queries[looked.lookups++ % kQueries]));
    }
  }
  CHECK(found > 0 && found < looked.lookups);
  return looked;
}

// Does at each wake-up what has become due: how many writes there were, and the writer's own time
// for one of them.
struct Written {
  std::uint64_t writes = 0;
  double ns_each = 0;
};
template <typename T>
Written write_paced(T& set, std::uint64_t first) {
  Written written;
  Nanoseconds spent{0};
  const SteadyClock::time_point start = SteadyClock::now();
  for (;;) {
    const SteadyClock::time_point woken = SteadyClock::now();
    if (woken - start >= kMeasured) break;
    const auto due = static_cast<std::uint64_t>(std::chrono::nanoseconds(woken - start).count()) /
                     (1'000'000'000 / kWritesPerSecond);
    const std::uint64_t before = written.writes;
    // A lock that starves the writer is not to keep it beyond the end.
    while (written.writes < due && SteadyClock::now() - start < kMeasured) {
      set.insert(key_number(first + written.writes++));
    }
    if (written.writes > before) spent += SteadyClock::now() - woken;
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  written.ns_each = static_cast<double>(spent.count()) / static_cast<double>(written.writes);
  return written;
}

double millions(std::uint64_t lookups) {
  return static_cast<double>(lookups) / std::chrono::duration<double>(kMeasured).count() / 1e6;
}

double ours_per_second = 0;

template <typename T>
void measure_readers(std::size_t entries) {
  const auto set = filled<T>(entries, entries * 2);
  std::atomic<bool> done{false};
  std::array<Looked, 2> looked;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < looked.size(); ++i) {
    threads.emplace_back(
        [&, i] { looked[i] = look_up(*set, i + 1, entries, kSampledEvery, done); });
  }
  const Written written = write_paced(*set, entries);
  done = true;
  for (std::thread& thread : threads) thread.join();
  auto& ns = looked[0].ns;
  ns.insert(ns.end(), looked[1].ns.begin(), looked[1].ns.end());
  const double per_second = millions(looked[0].lookups + looked[1].lookups);
  if (ours_per_second == 0) ours_per_second = per_second;
  std::printf("%-12zu %-40s %8.2f %8.2f %8u %8u %8u %10.0f %10.0f\n", entries, T::kName, per_second,
              per_second / ours_per_second, percentile(ns, 0.5), percentile(ns, 0.99),
              percentile(ns, 0.999), static_cast<double>(written.writes) / kMeasured.count(),
              written.ns_each);
}

// The reader's waits while `written` grows from `entries` to ten times as many.
template <typename T>
void measure_growth(std::size_t entries, bool quiet) {
  const auto read = filled<T>(entries, entries);
  const auto other = quiet ? filled<T>(entries, entries) : nullptr;
  T& written = quiet ? *other : *read;
  std::atomic<bool> done{false};
  Looked looked;
  std::thread reader([&] { looked = look_up(*read, 1, entries, 1, done); });
  const SteadyClock::time_point start = SteadyClock::now();
  std::size_t n = entries;
  while (n < entries * 10 && (n % 1024 != 0 || SteadyClock::now() - start < kGrowthAtMost)) {
    written.insert(key_number(n++));
  }
  const std::chrono::duration<double> took = SteadyClock::now() - start;
  done = true;
  reader.join();
  const auto is_long = [](std::uint32_t ns) { return ns > kLongWait.count(); };
  const auto waits = std::ranges::count_if(looked.ns, is_long);
  const double most = static_cast<double>(*std::ranges::max_element(looked.ns)) / 1e3;
  std::printf("%-12zu %-40s %-8s %8.2f %9.1f %8u %8u %8td %12.0f\n", entries, T::kName,
              quiet ? "quiet" : "growing", took.count(),
              static_cast<double>(n) / static_cast<double>(entries), percentile(looked.ns, 0.999),
              percentile(looked.ns, 0.9999), waits, most);
}

template <typename... Sets>
void all_readers(std::size_t entries) {
  std::printf("\n%-12s %-40s %8s %8s %8s %8s %8s %10s %10s\n", "entries",
              "2 readers, 100,000 writes/s", "M/s", "ours=1", "p50 ns", "p99 ns", "p99.9 ns",
              "writes/s", "ns a write");
  (measure_readers<Sets>(entries), ...);
}

template <typename... Sets>
void all_growth(std::size_t entries) {
  std::printf("\n%-12s %-40s %-8s %8s %9s %8s %8s %8s %12s\n", "entries",
              "1 reader, growth tenfold", "", "seconds", "grown by", "p99.9 ns", "p99.99", "waits",
              "longest us");
  const auto both = [entries]<typename Set>(std::type_identity<Set>) {
    measure_growth<Set>(entries, true);
    measure_growth<Set>(entries, false);
  };
  (both(std::type_identity<Sets>()), ...);
}

}  // namespace
}  // namespace rescind::revocation

int main(int argc, char** argv) {
  using namespace rescind::revocation;  // NOLINT(google-build-using-namespace)
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto wanted = [argc, argv](const char* what) {
    const auto is_it = [what](const char* argument) { return std::strcmp(argument, what) == 0; };
    return argc == 1 || std::any_of(argv + 1, argv + argc, is_it);
  };
  const char* const number = std::getenv("RESCIND_BENCH_ENTRIES");
  const std::size_t entries = number == nullptr ? 1'000'000 : std::strtoull(number, nullptr, 10);
#ifdef RESCIND_BENCH_ABSL
#define RESCIND_BENCH_ABSL_SETS , AbslMutex, AbslShared
#else
#define RESCIND_BENCH_ABSL_SETS
  std::printf("no libabsl-dev when this was configured: absl::flat_hash_set is left out\n");
#endif
  if (wanted("readers")) {
    all_readers<OurIndex, OurSharedIndex, StandardMutex, StandardShared, BoostMutex,
                BoostShared RESCIND_BENCH_ABSL_SETS>(entries);
  }
  if (wanted("growth")) {
    all_growth<OurIndex, OurSharedIndex, BoostShared RESCIND_BENCH_ABSL_SETS>(entries);
  }
  return 0;
}
