#include "peers/stopwatch.h"

#include <ctime>

#include "arguments.h"

namespace rescind::bench {
namespace {

constexpr std::size_t kBatch = 128;  // calls between two looks at the clock, which costs 0.2 µs

double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double take_turn(Contender& contender, std::chrono::nanoseconds turn) {
  const double begin = cpu_nanoseconds();
  const double end = begin + static_cast<double>(turn.count());
  double now = begin;
  std::size_t calls = 0;
  while (now < end) {
    bool good = true;
    for (std::size_t i = 0; i < kBatch; ++i) good = contender.call(contender.calls + i) && good;
    if (!good) give_up(contender.name + " does not do what it should");
    calls += kBatch;
    contender.calls += kBatch;
    now = cpu_nanoseconds();
  }
  return (now - begin) / static_cast<double>(calls);
}

}  // namespace

void measure(std::vector<Contender>& contenders, std::size_t turns,
             std::chrono::milliseconds turn) {
  for (Contender& contender : contenders) take_turn(contender, turn);
  for (std::size_t i = 0; i < turns; ++i) {
    for (Contender& contender : contenders) contender.turns.push_back(take_turn(contender, turn));
  }
}

double nanoseconds(const Contender& contender) {
  std::vector<double> turns = contender.turns;
  return quantile(turns, 0.5);
}

}  // namespace rescind::bench
