// simulate [--seeds FROM:TO] [--seed N] [--plant NUMBER] [--trace] [--twice]
//
// Runs the simulated world for each seed. Prints the first seed that breaks a promise and how to
// run it again, and exits with 1; with a planted bug that is what is wanted, and it exits with 0.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "simulation/run.h"

namespace rescind::simulation {
namespace {

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t to = 200;
  Plant plant = Plant::kNone;
  bool traced = false;
  bool twice = false;
};

bool parse(int count, char** words, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    char* value = i + 1 < count ? words[i + 1] : nullptr;
    if (word == "--trace") {
      arguments.traced = true;
    } else if (word == "--twice") {
      arguments.twice = true;
    } else if (value == nullptr) {
      return false;
    } else if (word == "--seed") {
      arguments.from = arguments.to = std::strtoull(value, nullptr, 10);
      ++i;
    } else if (word == "--seeds") {
      char* colon = nullptr;
      arguments.from = std::strtoull(value, &colon, 10);
      if (*colon != ':') return false;
      arguments.to = std::strtoull(colon + 1, nullptr, 10);
      ++i;
    } else if (word == "--plant") {
      arguments.plant = static_cast<Plant>(std::strtoul(value, nullptr, 10));
      if (name_of(arguments.plant).empty()) return false;
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

// In memory where there is such a place: a run commits often, and what a disk does to that is the
// store's tests' business.
class Folder {
 public:
  Folder() {
    const auto base = std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm")
                                                          : std::filesystem::temp_directory_path();
    std::string name = (base / "rescind-simulation-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int tell(const Arguments& arguments, std::uint64_t seed, const Outcome& outcome) {
  std::printf("seed %llu:\n", static_cast<unsigned long long>(seed));
  for (const auto& violation : outcome.violations) std::printf("  %s\n", violation.c_str());
  std::string plant;
  if (arguments.plant != Plant::kNone) {
    plant = " --plant " + std::to_string(static_cast<int>(arguments.plant));
  }
  std::printf("again, with a trace: simulate --seed %llu%s --trace\n",
              static_cast<unsigned long long>(seed), plant.c_str());
  return arguments.plant == Plant::kNone ? 1 : 0;
}

int simulate(const Arguments& arguments) {
  const Folder folder;
  Outcome sum;
  for (std::uint64_t seed = arguments.from; seed <= arguments.to; ++seed) {
    const RunOptions options{.seed = seed,
                             .plant = arguments.plant,
                             .traced = arguments.traced,
                             .folder = folder.path()};
    const Outcome outcome = run(options);
    if (!outcome.violations.empty()) return tell(arguments, seed, outcome);
    if (arguments.twice && run(options).trace_digest != outcome.trace_digest) {
      std::printf("seed %llu does not run the same way twice\n",
                  static_cast<unsigned long long>(seed));
      return 1;
    }
    sum.decisions += outcome.decisions;
    sum.accepted += outcome.accepted;
    sum.refused += outcome.refused;
  }
  std::printf("%llu seeds, %llu decisions (%llu accepted, %llu refused as revoked), %s\n",
              static_cast<unsigned long long>(arguments.to - arguments.from + 1),
              static_cast<unsigned long long>(sum.decisions),
              static_cast<unsigned long long>(sum.accepted),
              static_cast<unsigned long long>(sum.refused), "no promise broken");
  // With a bug planted, finding nothing is the failure; and "refuse all" keeps no promise either.
  if (arguments.plant != Plant::kNone) return 1;
  return sum.accepted > 0 && sum.refused > 0 ? 0 : 1;
}

}  // namespace
}  // namespace rescind::simulation

int main(int count, char** words) {
  rescind::simulation::Arguments arguments;
  if (!rescind::simulation::parse(count, words, arguments)) {
    std::fputs("simulate [--seeds FROM:TO] [--seed N] [--plant 1..7] [--trace] [--twice]\n",
               stderr);
    return 2;
  }
  return rescind::simulation::simulate(arguments);
}
