// The whole check of a token that was not seen before, beside OpenSSL's bare signature check of
// the same token with its key and context ready. The two take turns, token by token, so that a
// busy machine slows both alike; the ratio is what counts.

#include <benchmark/benchmark.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <chrono>

#include "jwt/evp.h"
#include "verifier/bench_world.h"

namespace rescind::verifier {
namespace {

using Steady = std::chrono::steady_clock;

struct Signed {
  std::string token;
  std::string_view input;
  std::string signature;  // as OpenSSL wants it
};

// r || s to DER, before the clock runs.
std::string to_der(std::string_view jose) {
  const auto half = jose.size() / 2;
  ECDSA_SIG* const parts = ECDSA_SIG_new();
  const auto* const bytes = bytes_of(jose).data();
  ECDSA_SIG_set0(parts, BN_bin2bn(bytes, static_cast<int>(half), nullptr),
                 BN_bin2bn(bytes + half, static_cast<int>(half), nullptr));
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(parts, &out);
  std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  ECDSA_SIG_free(parts);
  return der;
}

std::vector<Signed> sign_many(const BenchWorld& world, jwt::Algorithm algorithm) {
  std::vector<Signed> tokens(512);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    Signed& one = tokens[i];
    one.token = world.token(i);
    const std::size_t dot = one.token.rfind('.');
    one.signature = *jwt::base64url_decode(std::string_view(one.token).substr(dot + 1));
    if (family(algorithm) == jwt::Family::kEcdsa) one.signature = to_der(one.signature);
  }
  for (Signed& one : tokens)
    one.input = std::string_view(one.token).substr(0, one.token.rfind('.'));
  return tokens;
}

// OpenSSL alone: all that can be made ready is.
class Bare {
 public:
  Bare(const BenchWorld& world, jwt::Algorithm algorithm) : algorithm_(algorithm) {
    if (!world.key) {
      pkey_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr,
                                               bytes_of(kBenchSecret).data(), kBenchSecret.size()));
      mac_.reset(EVP_MD_CTX_new());
      CHECK(EVP_DigestSignInit(mac_.get(), nullptr, jwt::sha2(32), nullptr, pkey_.get()) == 1);
      return;
    }
    const Secret pem = world.key->to_pem();
    BIO* const bio = BIO_new_mem_buf(pem.expose().data(), static_cast<int>(pem.size()));
    pkey_.reset(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    if (algorithm == jwt::Algorithm::kEdDsa) {
      mac_.reset(EVP_MD_CTX_new());
      return;
    }
    context_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey_.get(), nullptr));
    CHECK(EVP_PKEY_verify_init(context_.get()) == 1);
    CHECK(set_signature_parameters(context_.get(), algorithm));
  }

  bool verify(const Signed& one) {
    const ByteView signature = bytes_of(one.signature);
    const ByteView input = bytes_of(one.input);
    if (algorithm_ == jwt::Algorithm::kEdDsa) {
      EVP_DigestVerifyInit(mac_.get(), nullptr, nullptr, nullptr, pkey_.get());
      return EVP_DigestVerify(mac_.get(), signature.data(), signature.size(), input.data(),
                              input.size()) == 1;
    }
    if (context_ == nullptr) {
      std::array<std::uint8_t, 32> tag{};
      std::size_t size = tag.size();
      EVP_DigestSignInit(mac_.get(), nullptr, nullptr, nullptr, nullptr);
      EVP_DigestSignUpdate(mac_.get(), input.data(), input.size());
      EVP_DigestSignFinal(mac_.get(), tag.data(), &size);
      return constant_time_equal(tag, signature);
    }
    const jwt::HashValue digest = jwt::hash(hash_size(algorithm_), input);
    return EVP_PKEY_verify(context_.get(), signature.data(), signature.size(), digest.buffer.data(),
                           digest.size) == 1;
  }

 private:
  struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  jwt::Algorithm algorithm_;
  jwt::Pkey pkey_;
  jwt::PkeyContext context_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> mac_;
};

double median(std::vector<double>& values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

void BM_Cold(benchmark::State& state) {
  const auto algorithm = static_cast<jwt::Algorithm>(state.range(0));
  state.SetLabel(std::string(to_string(algorithm)));
  BenchWorld world(algorithm);
  const std::vector<Signed> tokens = sign_many(world, algorithm);
  Bare bare(world, algorithm);
  // Too small to know more than a few of them again.
  const auto verifier = world.verifier(12);
  std::vector<double> whole;
  std::vector<double> bare_alone;
  std::size_t next = 0;
  for (auto _ : state) {
    const Signed& one = tokens[next++ % tokens.size()];
    const auto start = Steady::now();
    CHECK(std::get<Decision>(verifier->check(one.token, kBenchNow)).accepted());
    const auto middle = Steady::now();
    CHECK(bare.verify(one));
    const auto end = Steady::now();
    whole.push_back(std::chrono::duration<double>(middle - start).count());
    bare_alone.push_back(std::chrono::duration<double>(end - middle).count());
    state.SetIterationTime(whole.back());
  }
  CHECK(verifier->counters().cached * 20 < verifier->counters().checks);
  const double ours = median(whole);
  const double theirs = median(bare_alone);
  state.counters["p50_us"] = ours * 1e6;
  state.counters["bare_us"] = theirs * 1e6;
  state.counters["ratio"] = ours / theirs;
}
BENCHMARK(BM_Cold)
    ->Arg(static_cast<int>(jwt::Algorithm::kRs256))
    ->Arg(static_cast<int>(jwt::Algorithm::kPs256))
    ->Arg(static_cast<int>(jwt::Algorithm::kEs256))
    ->Arg(static_cast<int>(jwt::Algorithm::kEdDsa))
    ->Arg(static_cast<int>(jwt::Algorithm::kHs256))
    ->Iterations(4'000)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace rescind::verifier

BENCHMARK_MAIN();
