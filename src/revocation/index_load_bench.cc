// From a snapshot's segments in memory to an index that answers, beside containers that are filled
// from the same segments (with room made before): milliseconds of CPU, the best of three.
//
//   RESCIND_BENCH_ENTRIES=N index_load_bench      default 10,000,000

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "revocation/index.h"
#include "revocation/keys_for_bench.h"
#include "revocation/load.h"
#include "revocation/segment.h"

namespace rescind::revocation {
namespace {

constexpr int kRounds = 3;

double cpu_ms() {
  timespec time{};
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// `work` returns something that is let go after the clock has been read.
template <typename Work>
double best_ms(const Work& work) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const double before = cpu_ms();
    [[maybe_unused]] const auto kept = work();
    best = std::min(best, cpu_ms() - before);
  }
  return best;
}

void print(const char* what, double ms, double ours) {
  std::printf("%-48s %10.0f %10.2f\n", what, ms, ms / ours);
}

std::unique_ptr<Index> empty_index() {
  SystemRandom random;
  return *Index::create(random, {.initial_entries = 1});
}

std::vector<std::string> segments_of(std::size_t entries) {
  const EachEntry each = [entries](const std::function<void(const Entry&)>& visit) {
    for (std::size_t n = 0; n < entries; ++n) {
      visit({.key = key_number(n), .cut = {}, .until = 1000 + n % 60 * 4});
    }
  };
  return encode_segments(each);
}

int check_digests(const std::vector<std::string>& segments) {
  int zeros = 0;
  for (const std::string& segment : segments) zeros += static_cast<int>(sha256(segment)[0] == 0);
  return zeros;
}

template <typename Map>
std::unique_ptr<Map> filled(const std::vector<std::string>& segments, std::size_t entries) {
  auto map = std::make_unique<Map>();
  map->reserve(entries);
  for (const std::string& segment : segments) {
    CHECK(decode_segment(segment, [&map](const Entry& entry) {
            map->emplace(entry.key, static_cast<std::uint32_t>(entry.until));
          }).has_value());
  }
  CHECK(map->size() == entries);
  return map;
}

void measure(std::size_t entries) {
  const auto segments = segments_of(entries);
  const double digests = best_ms([&] { return check_digests(segments); });
  const double load = best_ms([&] {
    auto index = empty_index();
    CHECK(load_segments(*index, segments).has_value() && index->entries() == entries);
    return index;
  });
  const double ours = digests + load;
  std::printf("%-48s %10s %10s\n", "", "CPU ms", "ours=1");
  print("SHA-256 of the segments", digests, ours);
  print("rescind index, load_segments", load, ours);
  print("rescind index, both", ours, ours);
  print("rescind index, one apply() after the other",
        digests + best_ms([&] {
          auto index = empty_index();
          CHECK(index->reserve(entries).has_value());
          for (const std::string& segment : segments) {
            CHECK(decode_segment(segment, [&index](const Entry& entry) {
                    CHECK(index->apply(entry).has_value());
                  }).has_value());
          }
          return index;
        }),
        ours);
  using BoostMap = boost::unordered_flat_map<Key, std::uint32_t, KeyHash>;
  using StandardMap = std::unordered_map<Key, std::uint32_t, KeyHash>;
  print("boost::unordered_flat_map, with the SHA-256",
        digests + best_ms([&] { return filled<BoostMap>(segments, entries); }), ours);
  print("std::unordered_map, with the SHA-256",
        digests + best_ms([&] { return filled<StandardMap>(segments, entries); }), ours);
  const auto index = empty_index();
  CHECK(load_segments(*index, segments).has_value());
  const EachEntry each = [&](const auto& visit) { index->for_each(visit); };
  print("encode_segments of the index", best_ms([&] { return encode_segments(each); }), ours);
}

}  // namespace
}  // namespace rescind::revocation

int main() {
  const char* const number = std::getenv("RESCIND_BENCH_ENTRIES");
  const std::size_t entries = number == nullptr ? 10'000'000 : std::strtoull(number, nullptr, 10);
  std::printf("loading %zu revocations\n", entries);
  rescind::revocation::measure(entries);
  return 0;
}
