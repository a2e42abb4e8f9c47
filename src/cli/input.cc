#include "cli/input.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>

#include "cli/roles/process.h"

namespace rescind::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

Secret trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return Secret();
  return Secret(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

// Typing is not shown as long as this lives.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

Result<Secret> read_secret_argument(const std::string& argument) {
  if (argument == "-") {
    return trimmed(std::string(std::istreambuf_iterator<char>(std::cin), {}));
  }
  if (argument.starts_with('@')) {
    TRY_ASSIGN(const std::string text, read_text_file(argument.substr(1)));
    return trimmed(text);
  }
  return fail(ErrorCode::kInvalid,
              "a token is not given as an argument, where others could read it: use - for standard "
              "input, or @FILE");
}

Result<Secret> ask_password(const std::string& prompt) {
  std::string line;
  if (isatty(STDIN_FILENO) == 1) {
    std::fprintf(stderr, "%s: ", prompt.c_str());
    const NoEcho silent;
    std::getline(std::cin, line);
    std::fputc('\n', stderr);
  } else {
    std::getline(std::cin, line);
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail(ErrorCode::kInvalid, "no password was given on standard input");
  return Secret(std::move(line));
}

bool confirm(const Globals& globals, const std::string& question) {
  if (globals.yes) return true;
  if (isatty(STDIN_FILENO) != 1) return false;
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

}  // namespace rescind::cli
