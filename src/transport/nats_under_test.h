#pragma once
// For tests: a feed's streams at a real nats-server.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "feed/authority_for_test.h"
#include "transport/broker_under_test.h"
#include "transport/nats_reader.h"
#include "transport/nats_requests.h"
#include "transport/nats_server_testing.h"
#include "transport/nats_transport.h"

namespace rescind::transport {

// A feed's streams of a new name.
class NatsUnderTest final : public BrokerUnderTest {
 public:
  static Result<std::unique_ptr<BrokerUnderTest>> make() {
    TRY_ASSIGN(NatsServer* const server, NatsServer::get());
    return std::make_unique<NatsUnderTest>(*server);
  }
  explicit NatsUnderTest(NatsServer& server)
      : server_(server), access_(server.access("rescind.test-" + SystemRandom().hex(6))) {
    server_.create(access_.subject);
  }
  ~NatsUnderTest() override {
    server_.signal(SIGCONT);
    server_.remove_stream(access_.stream());
    server_.remove_stream(access_.snapshot_stream());
  }
  std::unique_ptr<feed::Transport> transport() override {
    auto transport = NatsTransport::open(access_, log_);
    EXPECT_TRUE(transport) << transport.error().message;
    return transport ? *std::move(transport) : nullptr;
  }
  MakeBrokerReader reader() override {
    return [access = access_] { return std::make_unique<NatsReader>(access); };
  }
  std::unique_ptr<RequestTopic> requests() override {
    return std::make_unique<NatsRequests>(access_);
  }
  bool put(std::string_view bytes) override { return server_.put(access_.subject, bytes); }
  void forget() override { server_.purge_stream(access_.stream()); }
  void make_again() override {
    server_.remove_stream(access_.stream());
    server_.create(access_.subject);
  }
  void restart() override { server_.restart(); }
  void stop() override { server_.signal(SIGSTOP); }
  void go_on() override { server_.signal(SIGCONT); }

  const NatsAccess& access() const { return access_; }

 private:
  NatsServer& server_;
  const NatsAccess access_;
  NullLog log_;
};

class NatsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto got = NatsServer::get();
    if (!got) GTEST_SKIP() << got.error().message;
    server = *got;
    feed = std::make_unique<NatsUnderTest>(*server);
    stream = feed->access().stream();
    snapshots = feed->access().snapshot_stream();
  }
  std::vector<feed::Sealed> commit(int count) {
    std::vector<feed::Sealed> batches;
    for (int i = 0; i < count; ++i) {
      batches.push_back(authority.revoke({feed::revoke_session("s")}));
    }
    return batches;
  }
  static std::vector<std::string> read_all(BrokerReader& reader) {
    std::vector<std::string> all;
    for (;;) {
      const auto words = reader.read(Milliseconds(200));
      EXPECT_TRUE(words) << words.error().message;
      if (!words || words->empty()) return all;
      all.insert(all.end(), words->begin(), words->end());
    }
  }
  // Of that subject's stream, at the start of the authority.
  Result<std::unique_ptr<NatsTransport>> open(const NatsAccess& access) {
    return NatsTransport::open(access, log);
  }

  NatsServer* server = nullptr;
  std::unique_ptr<NatsUnderTest> feed;
  std::string stream;
  std::string snapshots;
  feed::AuthorityForTest authority;
  NullLog log;
};

}  // namespace rescind::transport
