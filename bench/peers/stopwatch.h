#pragma once
// How long one call takes, for contenders that take turns: the machine's noise then falls on all of
// them alike, and the median of the turns forgets the worst of it. One thread.

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace rescind::bench {

struct Contender {
  std::string name;
  // The n-th call; false where it did not do what it should.
  std::function<bool(std::size_t n)> call;
  std::vector<double> turns{};  // nanoseconds of this thread's CPU a call, turn by turn
  std::size_t calls = 0;
};

// Each contender in its turn, `turns` times, about `turn` long (a first one is not counted). Ends
// the program where a call fails.
void measure(std::vector<Contender>& contenders, std::size_t turns, std::chrono::milliseconds turn);

// The median of the turns.
double nanoseconds(const Contender& contender);

}  // namespace rescind::bench
