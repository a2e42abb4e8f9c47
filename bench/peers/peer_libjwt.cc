// peer_libjwt --folder F --turns N --turn-ms M: libjwt on the tokens in F (tokens.h). It checks the
// signature alone, and reads the key's PEM for every token (its interface takes nothing else); exp,
// issuer and audience are compared here, as its users do.

#include <jwt.h>

#include <cstdio>
#include <ctime>

#include "arguments.h"
#include "peers/stopwatch.h"
#include "peers/tokens.h"

namespace rescind::bench {
namespace {

bool is(const char* claim, std::string_view wanted) { return claim != nullptr && claim == wanted; }

bool verify(const std::string& token, jwt_alg_t algorithm, const std::string& key) {
  jwt_t* decoded = nullptr;
  const int size = static_cast<int>(key.size());
  if (jwt_decode(&decoded, token.c_str(), bytes_of(key).data(), size) != 0) return false;
  const bool good = jwt_get_alg(decoded) == algorithm &&
                    is(jwt_get_grant(decoded, "iss"), kIssuer) &&
                    is(jwt_get_grant(decoded, "aud"), kAudience) &&
                    jwt_get_grant_int(decoded, "exp") > std::time(nullptr) &&
                    jwt_get_grant(decoded, "sub") != nullptr;
  jwt_free(decoded);
  return good;
}

void run(const Arguments& arguments, const char* name, jwt_alg_t algorithm,
         const std::string& key) {
  const auto tokens = read_lines(arguments.text("--folder") + "/" + name + ".tokens");
  if (verify(forged(tokens), algorithm, key)) give_up("libjwt accepts a forged token");
  std::vector<Contender> contenders{{.name = "libjwt", .call = [&](std::size_t n) {
                                       return verify(tokens[n % tokens.size()], algorithm, key);
                                     }}};
  measure(contenders, arguments.number("--turns"),
          std::chrono::milliseconds(arguments.number("--turn-ms")));
  std::printf(R"({"peer": "libjwt %s", "algorithm": "%s", "ns": %.1f})"
              "\n",
              PEER_VERSION, name, nanoseconds(contenders[0]));
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  const std::string folder = arguments.text("--folder");
  // No PSS and no Ed25519 in it.
  run(arguments, "RS256", JWT_ALG_RS256, read_file(folder + "/RS256.pem"));
  run(arguments, "ES256", JWT_ALG_ES256, read_file(folder + "/ES256.pem"));
  run(arguments, "HS256", JWT_ALG_HS256, read_file(folder + "/HS256.secret"));
}
