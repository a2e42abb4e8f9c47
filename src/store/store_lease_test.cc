#include "store/store_lease.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "feed/lease_conformance.h"
#include "store/store_for_test.h"

namespace rescind::feed {
namespace {

// A store whose writer has a thread of its own, on a clock that the test moves.
class StoreLeases final : public LeasesUnderTest {
 public:
  StoreLeases() : store_(folder_.file("store.db"), {.spacing = Milliseconds(0)}) {
    EXPECT_TRUE(store_.open());
    writer_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        store_.step(Milliseconds(pending_.exchange(0)));
        std::this_thread::yield();
      }
    });
  }

  std::unique_ptr<Lease> lease(const std::string& transport, const std::string& node) override {
    return std::make_unique<store::StoreLease>(
        store::StoreLease::Options{.transport = transport, .node = node}, *store_.committer);
  }
  Milliseconds length() const override { return store::StoreLease::Options{}.length; }
  void advance(Milliseconds by) override {
    pending_ += by.count();
    while (pending_ != 0) std::this_thread::yield();
  }

 private:
  store::TemporaryFolder folder_;
  store::StoreForTest store_;
  std::atomic<std::int64_t> pending_ = 0;
  std::jthread writer_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, LeaseConformance,
                         testing::Values([] { return std::make_unique<StoreLeases>(); }));

}  // namespace
}  // namespace rescind::feed
