// verify_cold --folder F --turns N --turn-ms M: our whole verification of the tokens in F
// (tokens.h) beside OpenSSL's bare signature check, in turns. A line of JSON for each algorithm and
// way.

#include <cstdio>

#include "arguments.h"
#include "peers/bare.h"
#include "peers/stopwatch.h"
#include "peers/tokens.h"
#include "peers/world.h"

namespace rescind::bench {
namespace {

void compare(const Arguments& arguments, jwt::Algorithm algorithm) {
  const std::string folder = arguments.text("--folder");
  const std::string name(jwt::to_string(algorithm));
  const auto tokens = read_lines(folder + "/" + name + ".tokens");
  BareVerify bare(folder, algorithm);
  World world(algorithm, read_keys(folder, algorithm));
  const auto cold = world.verifier(0);
  const auto warm = world.verifier(tokens.size() * 8);
  if (accepted(cold->check(forged(tokens), world.now())) ||
      accepted(warm->check(forged(tokens), world.now()))) {
    give_up("we accept a forged token");
  }
  for (int times = 0; times < 2; ++times) {  // a cache may want to see a token twice
    for (const std::string& token : tokens) warm->check(token, world.now());
  }
  std::vector<Contender> contenders{
      {.name = "OpenSSL", .call = [&](std::size_t n) { return bare.verify(n); }},
      {.name = "rescind",
       .call =
           [&](std::size_t n) {
             return accepted(cold->check(tokens[n % tokens.size()], world.now()));
           }},
      {.name = "rescind, seen before",
       .call =
           [&](std::size_t n) {
             return accepted(warm->check(tokens[n % tokens.size()], world.now()));
           }},
  };
  if (algorithm == jwt::Algorithm::kEdDsa) {
    contenders.push_back(
        {.name = "libsodium", .call = [&](std::size_t n) { return bare.verify_by_sodium(n); }});
  }
  measure(contenders, arguments.number("--turns"),
          std::chrono::milliseconds(arguments.number("--turn-ms")));
  for (const Contender& contender : contenders) {
    std::printf(R"({"peer": "%s", "algorithm": "%s", "ns": %.1f})"
                "\n",
                contender.name.c_str(), name.c_str(), nanoseconds(contender));
  }
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  for (const auto algorithm : kCompared) compare(arguments, algorithm);
}
