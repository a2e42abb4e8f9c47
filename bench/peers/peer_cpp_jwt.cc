// peer_cpp_jwt --folder F --turns N --turn-ms M: cpp-jwt on the tokens in F (tokens.h): signature,
// exp, issuer, audience. It reads the key's PEM for every token: its interface takes nothing else.

#include <cstdio>
#include <jwt/jwt.hpp>

#include "arguments.h"
#include "peers/stopwatch.h"
#include "peers/tokens.h"

namespace rescind::bench {
namespace {

bool verify(const std::string& token, const std::string& algorithm, const std::string& key) {
  std::error_code error;
  const auto decoded = ::jwt::decode(token, ::jwt::params::algorithms({algorithm}), error,
                                     ::jwt::params::secret(key), ::jwt::params::issuer(kIssuer),
                                     ::jwt::params::aud(kAudience), ::jwt::params::verify(true));
  return !error && decoded.payload().get_claim_value<std::string>("sub").size() == 36;
}

void run(const Arguments& arguments, const std::string& algorithm, const std::string& key) {
  const auto tokens = read_lines(arguments.text("--folder") + "/" + algorithm + ".tokens");
  if (verify(forged(tokens), algorithm, key)) give_up("cpp-jwt accepts a forged token");
  std::vector<Contender> contenders{{.name = "cpp-jwt", .call = [&](std::size_t n) {
                                       return verify(tokens[n % tokens.size()], algorithm, key);
                                     }}};
  measure(contenders, arguments.number("--turns"),
          std::chrono::milliseconds(arguments.number("--turn-ms")));
  std::printf(R"({"peer": "cpp-jwt %s", "algorithm": "%s", "ns": %.1f})"
              "\n",
              PEER_VERSION, algorithm.c_str(), nanoseconds(contenders[0]));
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  const std::string folder = arguments.text("--folder");
  // No Ed25519 in it, and no PSS.
  for (const char* name : {"RS256", "ES256"}) {
    run(arguments, name, read_file(folder + "/" + name + ".pem"));
  }
  run(arguments, "HS256", read_file(folder + "/HS256.secret"));
}
