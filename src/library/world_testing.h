#pragma once
// For the tests of this folder: an index as an agent shares it, tokens of its issuer, and a clock
// that the test moves. The clock may be read by any thread; all else is the test's.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "jwt/signing_key.h"
#include "library/checker.h"
#include "revocation/index.h"
#include "revocation/shared_file.h"
#include "verifier/shared_keys.h"

namespace rescind::library {

inline constexpr std::int64_t kNowSeconds = 1'800'000'000;
inline constexpr const char* kIssuer = "https://auth.test";

class TestClock final : public Clock {
 public:
  Now now() const override {
    const std::int64_t ms = ms_.load();
    return {.wall = wall_from_ms(kNowSeconds * 1000 + ms),
            .boot = BootTime(std::chrono::hours(1) + Milliseconds(ms))};
  }
  void advance(Milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 0;
};

// Looks until it is so; false after some seconds.
template <typename Condition>
bool eventually(const Condition& condition) {
  for (int look = 0; look < 5'000'000; ++look) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

inline revocation::Rules test_rules() {
  return {{{.issuer = kIssuer,
            .stamps = revocation::StampKind::kPosition,
            .session_claims = {"sid"},
            .revocable_claims = {"tenant"},
            .longest_lifetime = std::chrono::hours(1),
            .longest_session = std::chrono::hours(24)}}};
}

inline std::string test_payload(const std::string& subject = "u1", const std::string& id = "j-1") {
  json::Writer w;
  w.object().member("iss", kIssuer).member("sub", std::string_view(subject));
  w.member("aud", "api").member("iat", kNowSeconds - 10).member("exp", kNowSeconds + 300);
  w.member("jti", std::string_view(id)).member("sid", std::string_view("s-" + subject));
  w.member("fpos", "1.5").end();
  return w.take();
}

inline revocation::Entry entry_for(const std::string& claim, const std::string& value) {
  return revocation::entry_of({.target = {kIssuer, claim, value},
                               .until = kNowSeconds + 1000,
                               .reason = revocation::Reason::kRevoked});
}

// One region, as its writer has it.
class Region {
 public:
  Region(const std::string& path, Random& random)
      : file_(*revocation::SharedFile::open({.path = path})),
        index_(*revocation::Index::create(
            random, {.max_entries = kMaxEntries,
                     .memory = *file_->create(revocation::Index::reserved_bytes(kMaxEntries))})) {
    CHECK(index_->set_rules(std::make_shared<revocation::Rules>(test_rules())));
  }
  void publish() { CHECK(file_->publish()); }
  // The feed's word of this moment has arrived.
  void hear(Now at) {
    state_.ready = true;
    state_.position = {.term = 1, .number = state_.position.number + 1};
    state_.freshness.refresh(1, at.wall, at.boot);
    index_->set_state(state_);
  }
  void share(const std::vector<const jwt::SigningKey*>& keys) {
    std::string jwks;
    for (const auto* key : keys) {
      jwks += (jwks.empty() ? "" : ",") + key->public_key().public_jwk();
    }
    auto parsed = jwt::KeySet::parse("{\"keys\":[" + jwks + "]}");
    const verifier::TrustedIssuers issuers(
        {{.issuer = kIssuer, .keys = std::make_shared<jwt::KeySet>(std::move(parsed->keys))}});
    CHECK(index_->set_keys(shared_keys_of(issuers)));
  }
  void revoke(const std::string& claim, const std::string& value) {
    CHECK(index_->apply(entry_for(claim, value)));
  }
  revocation::Index& index() { return *index_; }

 private:
  static constexpr std::size_t kMaxEntries = 100'000;
  std::unique_ptr<revocation::SharedFile> file_;
  std::unique_ptr<revocation::Index> index_;
  revocation::FeedState state_;
};

class SharedWorld {
 public:
  SharedWorld()
      : key(*jwt::SigningKey::generate(jwt::Algorithm::kEs256)),
        other_key(*jwt::SigningKey::generate(jwt::Algorithm::kEs256)) {
    std::string name = "/dev/shm/rescind-library-XXXXXX";
    CHECK(mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~SharedWorld() { std::filesystem::remove_all(folder); }

  // An agent starts: fresh, with the issuer's key; the one before has ended.
  void start_agent() {
    region.reset();
    region = std::make_unique<Region>(path(), random);
    region->share({&key});
    region->hear(clock.now());
    region->publish();
  }
  std::string path() const { return folder + "/rescind.index"; }
  // Further members begin with a comma.
  std::string config(const std::string& more = "") const {
    return R"({"index":")" + path() + R"(","issuers":[{"issuer":")" + kIssuer +
           R"(","audiences":["api"]}])" + more + "}";
  }
  std::unique_ptr<Checker> checker(const std::string& more = "") {
    auto opened = Checker::open(config(more), clock, random);
    CHECK(opened);
    return *std::move(opened);
  }
  std::string token(const std::string& subject = "u1", const std::string& id = "j-1") const {
    return sign_compact(key, "at+jwt", test_payload(subject, id));
  }

  TestClock clock;
  SystemRandom random;
  jwt::SigningKey key;
  jwt::SigningKey other_key;
  std::string folder;
  std::unique_ptr<Region> region;
};

inline std::string word_of(const Decision& decision) {
  if (!decision.reason()) return decision.stale() ? "accepted while stale" : "accepted";
  return std::string(to_string(*decision.reason()));
}

}  // namespace rescind::library
