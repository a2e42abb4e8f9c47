#pragma once
// A view that is drawn again and again in its place on the terminal: no longer and no wider than
// that, so that nothing scrolls. Where standard output is no terminal, there is nothing to redraw.
// One thread.

#include <string>
#include <vector>

#include "base/clock.h"

namespace rescind::cli {

class Screen {
 public:
  Screen();
  bool is_terminal() const { return is_terminal_; }
  // Instead of what was shown last.
  void show(const std::vector<std::string>& lines);

  // The bytes that do so on a terminal of that size, the last view having had so many lines. Pure.
  static std::string redraw(const std::vector<std::string>& lines, std::size_t lines_before,
                            std::size_t rows, std::size_t columns);

 private:
  bool is_terminal_;
  std::size_t shown_ = 0;
};

// Lets so much time pass, for whoever looks again and again.
void pause_for(Milliseconds time);

}  // namespace rescind::cli
