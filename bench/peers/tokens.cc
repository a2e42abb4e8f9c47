#include "peers/tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "arguments.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "jwt/base64url.h"

namespace rescind::bench {
namespace {

// Looks like any other UUID; `kind` makes those of one token differ.
std::string uuid(std::uint64_t n, std::uint64_t kind) {
  std::array<std::uint8_t, 16> bytes{};
  SeededRandom(n * 4 + kind).fill(bytes);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

std::string token_id(std::uint64_t n) { return uuid(n, 0); }

std::string payload(std::uint64_t n, const Claimed& claimed) {
  static const std::int64_t now = to_seconds(SystemClock().now().wall);
  json::Writer w;
  w.object().member("iss", claimed.issuer).member("sub", std::string_view(uuid(n, 1)));
  w.member("aud", claimed.audience).member("iat", now - 10).member("exp", now + claimed.expires_in);
  w.member("jti", std::string_view(token_id(n))).member("sid", std::string_view(uuid(n, 2)));
  w.member("client_id", "web").member("scope", "orders:read orders:write");
  w.member("email", "somebody@example.com").member("fpos", "1763800000000.42");
  if (!claimed.padding.empty()) w.member("padding", std::string_view(claimed.padding));
  w.end();
  return w.take();
}

std::string hs256_token(std::string_view payload) {
  static const std::string header = jwt::base64url_encode(std::string(R"({"alg":"HS256","typ":")") +
                                                          kType + R"(","kid":")" + kKeyId + "\"}");
  std::string token = header + "." + jwt::base64url_encode(payload);
  std::array<unsigned char, 32> tag{};
  const std::string_view secret = kSecret;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(token).data(),
           token.size(), tag.data(), nullptr) == nullptr) {
    give_up("no HMAC");
  }
  return token + "." + jwt::base64url_encode(ByteView(tag));
}

std::string forged(const std::vector<std::string>& tokens) {
  if (tokens.size() < 2) give_up("too few tokens");
  return tokens[0].substr(0, tokens[0].rfind('.')) + tokens[1].substr(tokens[1].rfind('.'));
}

std::string read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) give_up("cannot read " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) give_up("cannot read " + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  if (lines.empty()) give_up(file + " is empty");
  return lines;
}

jwt::KeySet read_keys(const std::string& folder, jwt::Algorithm algorithm) {
  const std::string name = folder + "/" + std::string(jwt::to_string(algorithm));
  if (!jwt::is_symmetric(algorithm)) {
    auto parsed = jwt::KeySet::parse(read_file(name + ".jwks"), algorithm);
    if (!parsed || parsed->keys.keys().empty()) give_up("no key in " + name + ".jwks");
    return std::move(parsed->keys);
  }
  auto key = jwt::Key::from_secret(kKeyId, algorithm, Secret(read_file(name + ".secret")));
  if (!key) give_up("no key in " + name + ".secret");
  std::vector<jwt::Key> keys;
  keys.push_back(*std::move(key));
  return jwt::KeySet(std::move(keys));
}

}  // namespace rescind::bench
