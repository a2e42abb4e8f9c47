#include "agent/agent.h"

#include <gtest/gtest.h>

#include <utility>

#include "agent/host_for_test.h"

namespace rescind::agent {
namespace {

using AgentTest = HostForTest;

TEST_F(AgentTest, EveryProcessOfTheHostSeesWhatIsRevoked) {
  authority.revoke({feed::revoke_session("before")});
  ASSERT_TRUE(start());
  ASSERT_TRUE(becomes_ready());
  const auto reader = attach();
  ASSERT_TRUE(reader);
  EXPECT_TRUE(refuses(*reader, "before"));
  EXPECT_FALSE(refuses(*reader, "after"));
  authority.revoke({feed::revoke_session("after")});
  ASSERT_TRUE(until([&] { return refuses(*reader, "after"); }));
  EXPECT_TRUE(until([&] { return reader->state().position == authority.position(); }));
  EXPECT_TRUE(until([&] { return keys_of(*reader, feed::kTestIssuer) == 1; }));
  EXPECT_TRUE(agent->index().problem().empty());
}

TEST_F(AgentTest, ReceiptsSayWhatReadersSee) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(until([&] { return !receipts.empty(); }));
  EXPECT_TRUE(agent->index().published());
  EXPECT_EQ(receipts.front().follower, "host-1");
}

TEST_F(AgentTest, WhereThereWasNoIndexReadersAttachAtOnceAndHearThatItIsNotReady) {
  feed_answers = false;
  ASSERT_TRUE(start());
  ASSERT_TRUE(until([&] { return agent->index().published(); }));
  const auto reader = attach();
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->state().ready);
  EXPECT_TRUE(receipts.empty());
  authority.revoke({feed::revoke_session("s")});
  feed_answers = true;
  ASSERT_TRUE(until([&] { return reader->state().ready; })) << "the same region becomes ready";
  EXPECT_TRUE(refuses(*reader, "s"));
  EXPECT_FALSE(reader->view()->superseded());
}

TEST_F(AgentTest, AfterARestartReadersGoOnWithTheOldIndexUntilTheNewOneIsReady) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(becomes_ready());
  authority.revoke({feed::revoke_session("before")});
  const auto old = attach();
  ASSERT_TRUE(until([&] { return refuses(*old, "before"); }));
  agent.reset();

  authority.revoke({feed::revoke_session("meanwhile")});
  feed_answers = false;
  receipts.clear();
  ASSERT_TRUE(start());
  ASSERT_TRUE(until([&] { return log.heard("the feed's keys cannot be had yet"); }));
  EXPECT_FALSE(agent->index().published());
  EXPECT_EQ(attach()->view()->name(), old->view()->name());
  EXPECT_TRUE(refuses(*old, "before"));

  feed_answers = true;
  ASSERT_TRUE(becomes_ready());
  EXPECT_TRUE(old->view()->superseded());
  const auto fresh = attach();
  EXPECT_TRUE(refuses(*fresh, "before"));
  EXPECT_TRUE(refuses(*fresh, "meanwhile"));
}

TEST_F(AgentTest, ASecondAgentOfTheSameIndexIsRefused) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(becomes_ready());
  const auto first = std::exchange(agent, nullptr);
  const auto second = start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find(path()), std::string::npos);
  EXPECT_EQ(attach()->view()->name(), first->index().index().view()->name());
}

TEST_F(AgentTest, WhatCannotStartLeavesNoFileBehind) {
  Agent::Options wrong = options();
  wrong.issuers.push_back(wrong.issuers.front());
  EXPECT_EQ(start(std::move(wrong)).error().code, ErrorCode::kInvalid);
  wrong = options();
  wrong.following.access.url = "kafka://nowhere";
  EXPECT_EQ(start(std::move(wrong)).error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(attach());
}

TEST_F(AgentTest, KeysAreKeptOverARestartWhileTheirIssuerDoesNotAnswer) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(becomes_ready());
  ASSERT_TRUE(until([&] { return keys_of(*attach(), feed::kTestIssuer) == 1; }));
  agent.reset();

  issuer_answers = false;
  ASSERT_TRUE(start());
  ASSERT_TRUE(becomes_ready());
  ASSERT_TRUE(until([&] { return agent->issuers().status().front().counters.failures > 0; }));
  EXPECT_EQ(keys_of(*attach(), feed::kTestIssuer), 1U);
  EXPECT_EQ(agent->issuers().status().front().keys, 0U);
}

// Two agents in one process, as `rescind agent` has them for two feeds.
class TwoFeedsTest : public HostForTest {
 protected:
  static constexpr std::string_view kOther = "https://other.example";

  std::string other_path() const { return folder + "/other.index"; }
  // The other feed's authority cannot be reached.
  Agent::Options other_options() const {
    Agent::Options made = options();
    made.index.file.path = other_path();
    made.following.access.url = url("/nowhere/v1/feed");
    made.following.follower.issuer = kOther;
    made.issuers.front().issuer = kOther;
    return made;
  }
  Result<void> start_both() {
    TRY(start(other_options()));
    other = std::exchange(agent, nullptr);
    return start();
  }
  std::unique_ptr<revocation::Index::Reader> attach_other() const {
    auto view = revocation::IndexView::attach(other_path());
    return view ? std::make_unique<revocation::Index::Reader>(*view) : nullptr;
  }
  static std::vector<std::string> issuers_of(const revocation::Index::Reader& reader) {
    std::vector<std::string> issuers;
    const auto all = verifier::parse_shared_keys(reader.keys().value_or(""));
    EXPECT_TRUE(all);
    for (const auto& one : *all) issuers.push_back(one.issuer);
    return issuers;
  }

  std::unique_ptr<Agent> other;
};

TEST_F(TwoFeedsTest, WhatOneFeedSaysOfTheOthersIssuerChangesNothingThere) {
  ASSERT_TRUE(start_both());
  ASSERT_TRUE(becomes_ready()) << "though the other one cannot be reached";
  ASSERT_TRUE(until([&] { return other->index().published(); }));
  const auto mine = attach();
  const auto theirs = attach_other();
  ASSERT_TRUE(mine && theirs);
  ASSERT_TRUE(until(
      [&] { return keys_of(*mine, feed::kTestIssuer) == 1 && keys_of(*theirs, kOther) == 1; }));
  EXPECT_EQ(issuers_of(*mine), std::vector{std::string(feed::kTestIssuer)});
  EXPECT_EQ(issuers_of(*theirs), std::vector{std::string(kOther)});

  revocation::Revocation foreign = feed::revoke_session("s");
  foreign.target.issuer = kOther;
  authority.revoke({foreign});
  ASSERT_TRUE(until([&] { return mine->state().position == authority.position(); }));
  EXPECT_TRUE(mine->find(revocation::key_of(foreign.target)));
  EXPECT_FALSE(theirs->find(revocation::key_of(foreign.target)));
  EXPECT_EQ(theirs->view()->entries(), 0U);
  EXPECT_FALSE(theirs->state().ready) << "one feed's freshness is none for the other";
  EXPECT_TRUE(mine->state().ready);
}

}  // namespace
}  // namespace rescind::agent
