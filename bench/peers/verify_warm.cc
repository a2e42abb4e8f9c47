// verify_warm --hot N --batches B: a check of a token that was seen before, among N such, in random
// order. Twice: while nothing is revoked (no look-up is needed), and while something is revoked
// between any two checks of a token (the look-ups are made anew). One line of JSON.
//
// A token comes into a buffer of a server and is read from there: 32 at a time are copied into one
// before the clock starts. The median of such batches, so that what another process took from the
// core is forgotten. The clock that a decision needs is read for each check.

#include <array>
#include <chrono>
#include <cstdio>

#include "arguments.h"
#include "peers/tokens.h"
#include "peers/world.h"

namespace rescind::bench {
namespace {

constexpr std::size_t kBatch = 32;
constexpr std::size_t kRoom = 4;  // places of the cache a hot token: half are for newcomers
constexpr std::size_t kClockSamples = 1000;
constexpr std::size_t kPadding = 32;  // makes these tokens as long as those of ES256

using Wall = std::chrono::steady_clock;

// Of a batch that has begun then, a check.
double nanoseconds_since(Wall::time_point begin) {
  return std::chrono::duration<double, std::nano>(Wall::now() - begin).count() / kBatch;
}

// Many tokens in one piece of memory.
class TokenStore {
 public:
  explicit TokenStore(std::size_t tokens) {
    for (std::size_t n = 0; n < tokens; ++n) {
      text_ += hs256_token(payload(n, {.padding = std::string(kPadding, 'x')}));
      ends_.push_back(text_.size());
    }
  }
  std::string_view operator[](std::size_t n) const {
    const std::size_t begin = n == 0 ? 0 : ends_[n - 1];
    return std::string_view(text_).substr(begin, ends_[n] - begin);
  }
  std::size_t size() const { return ends_.size(); }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

class Warm {
 public:
  explicit Warm(std::size_t hot)
      : tokens_(hot),
        world_(jwt::Algorithm::kHs256, key()),
        verifier_(world_.verifier(hot * kRoom)) {
    for (int times = 0; times < 2; ++times) {  // a cache may want to see a token twice
      for (std::size_t n = 0; n < hot; ++n) check(tokens_[n]);
    }
    before_ = verifier_->counters();
  }

  // Nanoseconds that reading the clocks takes, which `measure` contains.
  double clock() const {
    std::vector<double> samples;
    for (std::size_t i = 0; i < kClockSamples; ++i) {
      const auto begin = Wall::now();
      for (std::size_t n = 0; n < kBatch; ++n) {
        if (to_ms(world_.now().wall) == 0) give_up("no clock");
      }
      samples.push_back(nanoseconds_since(begin));
    }
    return quantile(samples, 0.5);
  }

  // Nanoseconds a check.
  double measure(std::size_t batches, bool index_changes) {
    std::vector<double> samples;
    for (std::size_t i = 0; i < batches; ++i) {
      if (index_changes) world_.revoke_another();
      for (std::string& token : buffers_) token = tokens_[random_.below(tokens_.size())];
      const auto begin = Wall::now();
      for (const std::string& token : buffers_) check(token);
      samples.push_back(nanoseconds_since(begin));
    }
    return quantile(samples, 0.5);
  }

  // The share of the measured checks that found their token remembered.
  double hits() const {
    const auto& after = verifier_->counters();
    return static_cast<double>(after.cached - before_.cached) /
           static_cast<double>(after.checks - before_.checks);
  }
  std::size_t token_bytes() const { return tokens_[0].size(); }

 private:
  static jwt::KeySet key() {
    std::vector<jwt::Key> keys;
    keys.push_back(*jwt::Key::from_secret(kKeyId, jwt::Algorithm::kHs256, Secret(kSecret)));
    return jwt::KeySet(std::move(keys));
  }
  void check(std::string_view token) {
    if (!accepted(verifier_->check(token, world_.now()))) give_up("a good token was refused");
  }

  TokenStore tokens_;
  World world_;
  std::unique_ptr<verifier::Verifier> verifier_;
  verifier::Verifier::Counters before_;
  SeededRandom random_{7};
  std::array<std::string, kBatch> buffers_;
};

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  const std::size_t batches = arguments.number("--batches");
  Warm warm(arguments.number("--hot"));
  warm.measure(batches / 4, true);  // buffers and caches of the processor
  const double at_rest = warm.measure(batches, false);
  const double changing = warm.measure(batches, true);
  std::printf(
      R"({"at_rest_ns": %.1f, "changing_ns": %.1f, "clock_ns": %.1f, "hits": %.5f, "token_bytes": %zu})"
      "\n",
      at_rest, changing, warm.clock(), warm.hits(), warm.token_bytes());
}
