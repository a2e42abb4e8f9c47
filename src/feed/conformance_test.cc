// The ports' suites over what this folder itself has of adapters.

#include "feed/batch_log_conformance.h"
#include "feed/checkpoint_conformance.h"
#include "feed/follower_for_test.h"
#include "feed/log_origin.h"
#include "feed/origin_conformance.h"

namespace rescind::feed {
namespace {

class AuthorityUnderTest final : public BatchLogUnderTest {
 public:
  BatchLog& log() override { return authority_; }
  const jwt::KeySet& keys() override { return *keys_; }
  void commit(std::size_t batches) override {
    for (; batches > 0; --batches) authority_.revoke({revoke_session("s")});
  }
  bool keep_tail(std::size_t batches) override {
    authority_.keep_tail(batches);
    return true;
  }

 private:
  AuthorityForTest authority_;
  std::shared_ptr<const jwt::KeySet> keys_ = test_keys({0});
};

INSTANTIATE_TEST_SUITE_P(AuthorityForTest, BatchLogConformance,
                         testing::Values([] { return std::make_unique<AuthorityUnderTest>(); }));

class LogOriginUnderTest final : public OriginUnderTest {
 public:
  Origin& origin() override { return origin_; }
  AuthorityForTest& authority() override { return authority_; }
  std::vector<Report> reports() override { return reports_; }
  bool run_until(const std::function<bool()>& done) override { return done(); }

 private:
  AuthorityForTest authority_;
  std::vector<Report> reports_;
  LogOrigin origin_{{.issuer = std::string(kTestIssuer), .feed = "default"},
                    authority_,
                    authority_.key(),
                    [this](const Report& report) -> Result<void> {
                      reports_.push_back(report);
                      return {};
                    }};
};

INSTANTIATE_TEST_SUITE_P(LogOrigin, OriginConformance,
                         testing::Values([] { return std::make_unique<LogOriginUnderTest>(); }));

class CheckpointInMemory final : public CheckpointUnderTest {
 public:
  // Finds again what was saved.
  std::unique_ptr<Checkpoint> open() override {
    class Again final : public Checkpoint {
     public:
      explicit Again(CheckpointForTest& memory) : memory_(memory) {}
      Result<std::optional<std::string>> load() override { return memory_.load(); }
      Result<void> save(std::string_view blob) override { return memory_.save(blob); }

     private:
      CheckpointForTest& memory_;
    };
    return std::make_unique<Again>(memory_);
  }

 private:
  CheckpointForTest memory_;
};

INSTANTIATE_TEST_SUITE_P(InMemory, CheckpointConformance,
                         testing::Values([] { return std::make_unique<CheckpointInMemory>(); }));

}  // namespace
}  // namespace rescind::feed
