#include "base/clock.h"

#include <ctime>

namespace rescind {

Now SystemClock::now() const {
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return Now{
      .wall = WallTime(std::chrono::floor<Milliseconds>(wall)),
      .boot = BootTime(std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec)),
  };
}

void ManualClock::advance(std::chrono::nanoseconds by) {
  now_.boot += by;
  rest_ += by;
  const auto whole = std::chrono::floor<Milliseconds>(rest_);
  now_.wall += whole;
  rest_ -= whole;
}

}  // namespace rescind
