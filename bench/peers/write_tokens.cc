// write_tokens --folder F --tokens N: new keys of each algorithm and N tokens by each (tokens.h).

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fstream>

#include "arguments.h"
#include "jwt/signing_key.h"
#include "peers/tokens.h"

namespace rescind::bench {
namespace {

std::string public_pem(const jwt::SigningKey& key) {
  const Secret pem = key.to_pem();
  BIO* const in = BIO_new_mem_buf(pem.expose().data(), static_cast<int>(pem.size()));
  EVP_PKEY* const pkey = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* const out = BIO_new(BIO_s_mem());
  if (pkey == nullptr || PEM_write_bio_PUBKEY(out, pkey) != 1) give_up("no public key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string result(text, static_cast<std::size_t>(size));
  EVP_PKEY_free(pkey);
  BIO_free(in);
  BIO_free(out);
  return result;
}

void write_file(const std::string& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  if (!stream.flush()) give_up("cannot write " + file);
}

void write_algorithm(const std::string& folder, jwt::Algorithm algorithm, std::uint64_t tokens) {
  const std::string name = folder + "/" + std::string(jwt::to_string(algorithm));
  std::string lines;
  if (jwt::is_symmetric(algorithm)) {
    write_file(name + ".secret", kSecret);
    for (std::uint64_t n = 0; n < tokens; ++n) lines += hs256_token(payload(n)) + "\n";
  } else {
    const auto key = jwt::SigningKey::generate(algorithm);
    if (!key) give_up("no key: " + key.error().message);
    write_file(name + ".pem", public_pem(*key));
    write_file(name + ".jwks", "{\"keys\":[" + key->public_key().public_jwk() + "]}");
    for (std::uint64_t n = 0; n < tokens; ++n) {
      lines += jwt::sign_compact(*key, kType, payload(n)) + "\n";
    }
  }
  write_file(name + ".tokens", lines);
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  for (const auto algorithm : kCompared) {
    write_algorithm(arguments.text("--folder"), algorithm, arguments.number("--tokens"));
  }
}
