#include "agent/issuer_keys.h"

#include <gtest/gtest.h>

#include <deque>

#include "jwt/signing_key.h"
#include "revocation/shared_index_for_test.h"

namespace rescind::agent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
constexpr std::string_view kIssuer = "https://id.example";

// An issuer that answers, or does not; a host index that somebody may have had before.
class IssuerKeysTest : public revocation::SharedIndexTest {
 protected:
  void start(std::vector<std::string> issuers = {std::string(kIssuer)}) {
    keys.reset();
    index.reset();
    index = *HostIndex::open({.file = {.path = path(), .group = {}}, .max_entries = 1'000}, random,
                             log);
    std::vector<issuer::IssuerOptions> options;
    for (std::string& issuer : issuers) {
      issuer::IssuerOptions one;
      one.issuer = std::move(issuer);
      one.algorithms = {jwt::Algorithm::kEs256};
      one.jwks_url = one.issuer + "/jwks";
      options.push_back(std::move(one));
    }
    const issuer::GetFor get_for = [this](const issuer::IssuerOptions&) -> Result<issuer::Get> {
      return issuer::Get([this](const std::string&, auto then) { answers.push_back(then); });
    };
    keys = *IssuerKeys::open(options, *index,
                             {.get_for = get_for, .wake = [] {}, .random = random, .log = log});
    // As readers of a ready index find it.
    revocation::FeedState state;
    state.ready = true;
    index->index().set_state(state);
    step();
    index->step(clock.now());
  }
  void step() {
    while (true) {
      keys->step(clock.now());
      if (answers.empty()) return;
      auto then = std::move(answers.front());
      answers.pop_front();
      if (reachable) {
        then("{\"keys\":[" + key.public_key().public_jwk() + "]}");
      } else {
        then(fail(ErrorCode::kUnavailable, "down"));
      }
    }
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    step();
  }
  std::vector<verifier::SharedKeys> found() const {
    const revocation::Index::Reader reader(*revocation::IndexView::attach(path()));
    return *verifier::parse_shared_keys(reader.keys().value_or(""));
  }
  std::size_t keys_of(std::string_view issuer) const {
    for (const auto& one : found()) {
      if (one.issuer == issuer) return one.keys->keys().size();
    }
    return 0;
  }

  ManualClock clock{{wall_from_ms(1'800'000'000'000), BootTime(hours(1))}};
  SeededRandom random{7};
  NullLog log;
  jwt::SigningKey key = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  bool reachable = true;
  std::deque<std::function<void(Result<std::string>)>> answers;
  std::unique_ptr<HostIndex> index;
  std::unique_ptr<IssuerKeys> keys;
};

TEST_F(IssuerKeysTest, ReadersFindThemAndEachChange) {
  start();
  ASSERT_EQ(keys_of(kIssuer), 1U);
  const std::string before = found().front().keys->keys().front().public_jwk();
  key = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  pass(hours(1));
  EXPECT_NE(found().front().keys->keys().front().public_jwk(), before);
}

TEST_F(IssuerKeysTest, ThoseOfBeforeAreKeptWhileTheirIssuerIsDown) {
  start();
  reachable = false;
  start();
  EXPECT_EQ(keys_of(kIssuer), 1U);
  const std::string before = found().front().keys->keys().front().public_jwk();
  key = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  reachable = true;
  pass(hours(1));
  EXPECT_NE(found().front().keys->keys().front().public_jwk(), before);
}

TEST_F(IssuerKeysTest, ThoseOfBeforeAreNotKeptForEver) {
  start();
  reachable = false;
  start();
  pass(hours(23));
  EXPECT_EQ(keys_of(kIssuer), 1U);
  pass(hours(2));
  EXPECT_EQ(keys_of(kIssuer), 0U);
}

TEST_F(IssuerKeysTest, AnIssuerThatIsNotConfiguredAnyMoreIsGone) {
  start();
  reachable = false;
  start({"https://other.example"});
  EXPECT_EQ(keys_of(kIssuer), 0U);
  EXPECT_EQ(found().size(), 1U);
}

}  // namespace
}  // namespace rescind::agent
