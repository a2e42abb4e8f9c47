// The index beside the containers that one would take else: nanoseconds a lookup, bytes an entry,
// purge. Prints a table of ratios at the end, all of one run: those are what to compare; absolute
// figures belong to the machine.
//
//   RESCIND_BENCH_ENTRIES=N index_bench [--benchmark_filter=…]
//
// leaves out sizes above N, default 10,000,000; 100,000,000 is the largest (5 GB, some minutes).
// absl's rows are there where libabsl-dev was installed when this was configured.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#ifdef RESCIND_BENCH_ABSL
#include <absl/container/flat_hash_map.h>
#endif

#include "base/check.h"
#include "revocation/index.h"
#include "revocation/keys_for_bench.h"

namespace rescind::revocation {
namespace {

constexpr std::size_t kQueries = std::size_t{1} << 18U;

// The bytes that the process has from the system, whichever way.
std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  CHECK(file != nullptr);
  unsigned long pages = 0;
  CHECK(std::fscanf(file, "%*s %lu", &pages) == 1);
  std::fclose(file);
  return pages * 4096;
}

class OurIndex {
 public:
  static constexpr const char* kName = "rescind index";
  explicit OurIndex(std::size_t expected) {
    SystemRandom random;
    index_ = *Index::create(random, {.initial_entries = expected});
    reader_ = std::make_unique<Index::Reader>(*index_);
  }
  void insert(const Key& key, UntilSeconds until) {
    CHECK(index_->apply({.key = key, .cut = {}, .until = until}).has_value());
  }
  bool has(const Key& key) const { return reader_->find(key).has_value(); }
  void purge(std::int64_t second) {
    index_->raise_purge_time(wall_from_seconds(second));
    const Now now{.wall = wall_from_seconds(second), .boot = BootTime{}};
    CHECK(index_->purge(now, std::size_t{1} << 40U));
  }

 private:
  std::unique_ptr<Index> index_;
  std::unique_ptr<Index::Reader> reader_;
};

template <typename Map>
class OtherMap {
 public:
  static const char* const kName;
  explicit OtherMap(std::size_t expected) { map_.reserve(expected); }
  void insert(const Key& key, UntilSeconds until) {
    map_.emplace(key, static_cast<std::uint32_t>(until));
  }
  bool has(const Key& key) const { return map_.find(key) != map_.end(); }
  void purge(std::int64_t second) {
    erase_if(map_, [second](const auto& each) { return each.second < second; });
  }

 private:
  Map map_;
};
using BoostMap = OtherMap<boost::unordered_flat_map<Key, std::uint32_t, KeyHash>>;
using StandardMap = OtherMap<std::unordered_map<Key, std::uint32_t, KeyHash>>;
template <>
const char* const BoostMap::kName = "boost::unordered_flat_map";
template <>
const char* const StandardMap::kName = "std::unordered_map";
#ifdef RESCIND_BENCH_ABSL
using AbslMap = OtherMap<absl::flat_hash_map<Key, std::uint32_t, KeyHash>>;
template <>
const char* const AbslMap::kName = "absl::flat_hash_map";
#endif

struct Figures {
  double miss_ns = 0;
  double hit_ns = 0;
  double bytes = 0;
  double purge_ms = 0;
};
std::map<std::pair<std::size_t, std::string>, Figures>& all_figures() {
  static std::map<std::pair<std::size_t, std::string>, Figures> figures;
  return figures;
}

template <typename T>
Figures& figures_of(std::size_t entries) {
  return all_figures()[{entries, T::kName}];
}

// One at a time, shared by the benchmarks of one size, since filling takes longer than measuring.
template <typename T>
T& filled(std::size_t entries) {
  static std::unique_ptr<T> holder;
  static std::size_t size = 0;
  if (size != entries) {
    holder.reset();
    malloc_trim(0);
    const std::size_t before = resident_bytes();
    holder = std::make_unique<T>(entries);
    for (std::size_t n = 0; n < entries; ++n) holder->insert(key_number(n), 1000 + n % 60 * 4);
    size = entries;
    figures_of<T>(entries).bytes =
        static_cast<double>(resident_bytes() - before) / static_cast<double>(entries);
  }
  return *holder;
}

template <typename T, bool kHit>
void lookup(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const T& index = filled<T>(entries);
  std::vector<Key> queries;
  queries.reserve(kQueries);
  SeededRandom random(7);
  for (std::size_t i = 0; i < kQueries; ++i) {
    queries.push_back(key_number(random.below(entries) + (kHit ? 0 : entries)));
  }
  std::size_t found = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    for (std::size_t n = 0; n < 1024; ++n) {
      found += static_cast<std::size_t>(index.has(queries[i]));
      i = (i + 1) % kQueries;
    }
  }
  CHECK(found == (kHit ? static_cast<std::size_t>(state.iterations()) * 1024 : 0));
  state.SetItemsProcessed(state.iterations() * 1024);
}

template <typename T>
void purge(benchmark::State& state) {
  T& index = filled<T>(static_cast<std::size_t>(state.range(0)));
  std::int64_t second = 1001;
  for (auto _ : state) {  // each time the next 60th
    index.purge(second);
    second += 4;
  }
}

template <typename T>
void add(std::size_t entries) {
  const auto n = static_cast<std::int64_t>(entries);
  const std::string name = T::kName;
  benchmark::RegisterBenchmark((name + "/miss").c_str(), lookup<T, false>)->Arg(n)->MinTime(0.3);
  benchmark::RegisterBenchmark((name + "/hit").c_str(), lookup<T, true>)->Arg(n)->MinTime(0.3);
  benchmark::RegisterBenchmark((name + "/purge").c_str(), purge<T>)->Arg(n)->Iterations(5);
}

class Collector : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) note(run);
  }

 private:
  static void note(const Run& run) {
    const std::string& name = run.run_name.function_name;
    const std::size_t slash = name.rfind('/');
    Figures& figures = all_figures()[{std::stoull(run.run_name.args), name.substr(0, slash)}];
    const double ns = run.GetAdjustedCPUTime();
    const std::string what = name.substr(slash + 1);
    if (what == "miss") figures.miss_ns = ns / 1024;
    if (what == "hit") figures.hit_ns = ns / 1024;
    if (what == "purge") figures.purge_ms = ns / 1e6;
  }
};

void print_table() {
  std::printf("\n%-12s %-28s %9s %9s %10s %10s %10s %10s\n", "entries", "", "miss ns", "hit ns",
              "B/entry", "purge ms", "miss ours=1", "B ours=1");
  for (const auto& [id, figures] : all_figures()) {
    const Figures& ours = all_figures()[{id.first, OurIndex::kName}];
    std::printf("%-12zu %-28s %9.1f %9.1f %10.1f %10.1f %10.2f %10.2f\n", id.first,
                id.second.c_str(), figures.miss_ns, figures.hit_ns, figures.bytes, figures.purge_ms,
                figures.miss_ns / ours.miss_ns, figures.bytes / ours.bytes);
  }
}

}  // namespace
}  // namespace rescind::revocation

int main(int argc, char** argv) {
  using namespace rescind::revocation;  // NOLINT(google-build-using-namespace)
  benchmark::Initialize(&argc, argv);
  const char* const limit = std::getenv("RESCIND_BENCH_ENTRIES");
  const std::size_t most = limit == nullptr ? 10'000'000 : std::strtoull(limit, nullptr, 10);
  for (const std::size_t entries : {1'000'000UL, 10'000'000UL, 100'000'000UL}) {
    if (entries > most) continue;
    add<OurIndex>(entries);
    add<BoostMap>(entries);
    if (entries > 10'000'000) continue;  // the others would need more than 5 GB
#ifdef RESCIND_BENCH_ABSL
    add<AbslMap>(entries);
#endif
    add<StandardMap>(entries);
  }
  Collector reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  print_table();
  return 0;
}
