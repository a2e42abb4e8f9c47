#pragma once
// The arguments of a program that run.py starts: `--name value` pairs. Values without threads. What
// is missing or malformed ends the program with a word on stderr: it is run.py's mistake.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rescind::bench {

class Arguments {
 public:
  Arguments(int argc, char** argv);

  std::string text(const std::string& name) const;
  std::uint64_t number(const std::string& name) const;
  // "8080,8081"
  std::vector<std::uint16_t> ports(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

// The value below which `share` of the samples lie; zero of none. Sorts them.
double quantile(std::vector<double>& samples, double share);

[[noreturn]] void give_up(const std::string& why);

}  // namespace rescind::bench
