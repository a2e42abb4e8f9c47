// simulate [--seeds FROM:TO] [--seed N] [--trace] [--twice] [--compare] [--digest HEX]
//          [--plant NUMBER] [--planted] [--real] [--model]
//
// Runs the simulated world for each seed. Prints the first seed that breaks a promise and how to
// run it again, and exits with 1; where a bug is planted (by number, or in the program) that is
// what is wanted, and it exits with 0. --twice runs each seed twice, --compare over the model of
// the store and over the real one: the traces have to be the same. --digest: so has the digest
// of all of them, on every machine and with every compiler. --real: store and signatures of
// all seeds are the real ones; --model: of none.

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
  bool compare = false;
  bool planted = false;
  RunOptions::Real real = RunOptions::Real::kDrawn;
  std::string digest;
};

bool parse(int count, char** words, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    char* value = i + 1 < count ? words[i + 1] : nullptr;
    if (word == "--trace") {
      arguments.traced = true;
    } else if (word == "--twice") {
      arguments.twice = true;
    } else if (word == "--compare") {
      arguments.compare = true;
    } else if (word == "--real") {
      arguments.real = RunOptions::Real::kBoth;
    } else if (word == "--model") {
      arguments.real = RunOptions::Real::kNothing;
    } else if (word == "--planted") {
      arguments.planted = true;
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
      arguments.planted = true;
      ++i;
    } else if (word == "--digest") {
      arguments.digest = value;
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
  return arguments.planted ? 0 : 1;
}

// Whether this seed runs the same way again.
bool runs_the_same(const Arguments& arguments, RunOptions options, const Outcome& outcome) {
  if (arguments.twice && run(options).trace_digest != outcome.trace_digest) return false;
  if (!arguments.compare) return true;
  options.real = RunOptions::Real::kStore;
  return run(options).trace_digest == outcome.trace_digest;
}

void add(Outcome& sum, const Outcome& one) {
  sum.decisions += one.decisions;
  sum.accepted += one.accepted;
  sum.refused += one.refused;
  sum.events += one.events;
  sum.trace_digest = (sum.trace_digest ^ one.trace_digest) * 0x100000001b3U;
}

int conclude(const Arguments& arguments, const Outcome& sum) {
  char digest[17];
  std::snprintf(digest, sizeof(digest), "%016llx",
                static_cast<unsigned long long>(sum.trace_digest));
  std::printf(
      "%llu seeds, %llu events, %llu decisions (%llu accepted, %llu refused as revoked), "
      "digest %s, no promise broken\n",
      static_cast<unsigned long long>(arguments.to - arguments.from + 1),
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.decisions),
      static_cast<unsigned long long>(sum.accepted), static_cast<unsigned long long>(sum.refused),
      digest);
  if (!arguments.digest.empty() && arguments.digest != digest) {
    std::printf("the digest should be %s: another compiler, a changed world, or chance in it\n",
                arguments.digest.c_str());
    return 1;
  }
  // With a bug planted, finding nothing is the failure; and "refuse all" keeps no promise either.
  if (arguments.planted) return 1;
  return sum.accepted > 0 && sum.refused > 0 ? 0 : 1;
}

int simulate(const Arguments& arguments) {
  const Folder folder;
  Outcome sum;
  for (std::uint64_t seed = arguments.from; seed <= arguments.to; ++seed) {
    const RunOptions options{
        .seed = seed,
        .plant = arguments.plant,
        .traced = arguments.traced,
        .real = arguments.compare ? RunOptions::Real::kNothing : arguments.real,
        .folder = folder.path()};
    const Outcome outcome = run(options);
    if (!outcome.violations.empty()) return tell(arguments, seed, outcome);
    if (!runs_the_same(arguments, options, outcome)) {
      std::printf("seed %llu does not run the same way again\n",
                  static_cast<unsigned long long>(seed));
      return 1;
    }
    add(sum, outcome);
  }
  return conclude(arguments, sum);
}

}  // namespace
}  // namespace rescind::simulation

int main(int count, char** words) {
  rescind::simulation::Arguments arguments;
  if (!rescind::simulation::parse(count, words, arguments)) {
    std::fputs(
        "simulate [--seeds FROM:TO] [--seed N] [--trace] [--twice] [--compare] [--digest HEX]\n"
        "         [--plant 1..6] [--planted] [--real] [--model]\n",
        stderr);
    return 2;
  }
  return rescind::simulation::simulate(arguments);
}
