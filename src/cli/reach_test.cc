#include "cli/reach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Reach read(const std::string& propagation) {
  const auto reply = Reply::parse(200, R"({"propagation":)" + propagation + "}");
  return reach_of(*reply).value();
}

FollowerReach missing(const std::string& when_stale, Milliseconds silent) {
  FollowerReach follower;
  follower.name = "edge";
  follower.state = "missing";
  follower.when_stale = when_stale;
  follower.max_staleness = Milliseconds(30'000);
  follower.silent = silent;
  return follower;
}

TEST(Reach, IsReadFromAnAnswer) {
  const Reach reach = read(
      R"({"complete":false,"followers":[
           {"name":"a","state":"applied","position":"7.2","after_ms":2.84},
           {"name":"b\u001b","state":"missing","position":"7.1","when_stale":"refuse",
            "max_staleness_ms":30000,"silent_ms":1500,"more":{}}]})");
  EXPECT_FALSE(reach.complete);
  ASSERT_EQ(reach.followers.size(), 2U);
  EXPECT_EQ(reach.followers[0].after_ms, 2.84);
  EXPECT_EQ(line_of(reach.followers[0]), "a  applied  2.8 ms");
  EXPECT_EQ(reach.followers[1].name, "b\\x1b");
  EXPECT_EQ(reach.followers[1].silent, Milliseconds(1500));
  EXPECT_FALSE(reach_of(*Reply::parse(200, "{}")));
  EXPECT_FALSE(reach_of(*Reply::parse(204, "")));
}

TEST(Reach, SaysWhatThoseDoWhoHaveNotAppliedIt) {
  EXPECT_EQ(meanwhile(missing("refuse", Milliseconds(4'500))),
            "accepts, 28s at most; then it refuses");
  EXPECT_EQ(meanwhile(missing("introspect", Milliseconds(40'000))),
            "accepts, 0s at most; then it asks the authority");
  EXPECT_EQ(meanwhile(missing("accept", Milliseconds(0))),
            "accepts, however long it hears of nothing");
  FollowerReach safe = missing("refuse", Milliseconds(40'000));
  safe.state = "refusing";
  EXPECT_EQ(meanwhile(safe), "refuses everybody: heard of nothing for 40s");
  safe.state = "asking";
  EXPECT_EQ(meanwhile(safe), "asks the authority about each token");
  safe.state = "applied";
  EXPECT_EQ(meanwhile(safe), "");
}

TEST(Reach, IsATableAndAnExitWithTheNames) {
  Reach reach{.followers = {missing("accept", Milliseconds(0))}, .complete = false};
  EXPECT_THAT(lines_of(reach)[1], HasSubstr("edge      missing"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(report_reach(reach), Exit::kInPart);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("edge (accepts, however long it hears of nothing)"));
  reach.complete = true;
  EXPECT_EQ(report_reach(reach), Exit::kOk);
}

TEST(Reach, IsNoProofWhereNoFollowerIsKnown) {
  for (const char* answer : {R"({"complete":false,"state":"no_followers","followers":[]})",
                             R"({"complete":true,"followers":[]})", R"({"complete":true})"}) {
    const Reach reach = read(answer);
    EXPECT_FALSE(reach.complete) << answer;
    EXPECT_THAT(lines_of(reach), ElementsAre(HasSubstr("no follower is known")));
    testing::internal::CaptureStderr();
    EXPECT_EQ(report_reach(reach), Exit::kInPart);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("nobody but the authority is known to refuse it"));
  }
}

}  // namespace
}  // namespace rescind::cli
