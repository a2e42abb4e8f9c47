#include "arguments.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace rescind::bench {
namespace {

std::uint64_t parse_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) give_up("no number: " + text);
  return number;
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) values_[argv[i]] = argv[i + 1];
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) give_up(name + " is missing");
  return found->second;
}

std::uint64_t Arguments::number(const std::string& name) const { return parse_number(text(name)); }

std::vector<std::uint16_t> Arguments::ports(const std::string& name) const {
  std::vector<std::uint16_t> ports;
  std::string rest = text(name);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::uint64_t port = parse_number(rest.substr(0, end));
    if (port > std::numeric_limits<std::uint16_t>::max()) give_up("no port: " + rest);
    ports.push_back(static_cast<std::uint16_t>(port));
    rest.erase(0, end + 1);
  }
  return ports;
}

double quantile(std::vector<double>& samples, double share) {
  if (samples.empty()) return 0;
  std::ranges::sort(samples);
  const auto last = static_cast<double>(samples.size() - 1);
  return samples[static_cast<std::size_t>(share * last + 0.5)];
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

}  // namespace rescind::bench
