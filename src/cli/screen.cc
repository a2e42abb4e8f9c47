#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

namespace rescind::cli {
namespace {

// The first `columns` characters of UTF-8.
std::string_view cut(std::string_view line, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins && characters++ == columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

Screen::Screen() : is_terminal_(isatty(STDOUT_FILENO) == 1) {}

std::string Screen::redraw(const std::vector<std::string>& lines, std::size_t lines_before,
                           std::size_t rows, std::size_t columns) {
  std::string out;
  if (lines_before > 0) out += "\x1b[" + std::to_string(lines_before) + "F";
  const std::size_t count = std::min(lines.size(), std::max<std::size_t>(rows, 2) - 1);
  for (std::size_t i = 0; i < count; ++i) {
    out += cut(lines[i], columns);
    out += "\x1b[K\n";
  }
  return out + "\x1b[J";
}

void Screen::show(const std::vector<std::string>& lines) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  const std::string text = redraw(lines, shown_, size.ws_row, size.ws_col);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  shown_ = std::min<std::size_t>(lines.size(), std::max<std::size_t>(size.ws_row, 2) - 1);
}

void pause_for(Milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace rescind::cli
