#pragma once
// A command of `rescind` is data and a function: the parser, the help and the man page come from
// the data, the work is the function. Commands stand in commands/, one file each.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace rescind::cli {

// What a process ends with; scripts rely on them.
enum class Exit : int {
  kOk = 0,
  kUnexpected = 1,
  kUsage = 2,
  kConfiguration = 3,
  kNotAuthorised = 4,
  kNotFound = 5,
  kConflict = 6,
  kUnreachable = 7,
  kInPart = 8,   // applied by some followers, not by all
  kRefused = 9,  // the token that was to be verified is refused
  kBreach = 10,  // a threshold was breached
};
Exit exit_of(ErrorCode code);

enum class Output : std::uint8_t { kTable, kJson, kJsonLines };

// What every command understands.
struct Globals {
  std::string config;  // the configuration file
  std::string address = "http://127.0.0.1:8480";
  Output output = Output::kTable;
  bool quiet = false;
  bool color = false;  // on a terminal, unless --no-color or NO_COLOR
  bool yes = false;    // no question before what cannot be undone
  std::string reason;
  Milliseconds timeout{10'000};
};

struct Option {
  std::string name;   // "--issuer"
  std::string value;  // what stands for its value in the help; empty: a flag
  std::string help;
  // With a value that may be left out: what it is then (`--wait` is `--wait=5s`).
  std::optional<std::string> implied = std::nullopt;
};

struct Positional {
  std::string name;  // "SID"
  std::string help;
  bool required = true;
};

// The words that somebody typed.
struct Invocation {
  Globals globals;
  std::map<std::string, std::string> options;      // "--wait" → "5s"; flags: ""
  std::map<std::string, std::string> positionals;  // "SID" → "s_…"

  bool has(const std::string& option) const { return options.contains(option); }
  std::string option(const std::string& name, const std::string& otherwise = "") const;
  const std::string& positional(const std::string& name) const;
};

struct Command {
  std::vector<std::string> words;  // {"revoke", "session"}
  std::string summary;             // one line
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::function<Exit(const Invocation&)> run;
};

// Data goes to standard output; everything else, and every error, to standard error, in one or two
// lines: what failed, why, what to do.
Exit report(const Error& error);
Exit report(Exit exit, std::string_view message);

}  // namespace rescind::cli
