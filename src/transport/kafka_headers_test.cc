#include "transport/kafka_headers.h"

#include <gtest/gtest.h>

#include <map>

#include "feed/authority_for_test.h"

namespace rescind::transport {
namespace {

using Headers = std::map<std::string_view, std::string>;

Headers headers_of(std::string_view jws) {
  const auto headers = cloud_event_headers(jws);
  return {headers.begin(), headers.end()};
}

TEST(KafkaHeaders, ABatchIsACloudEvent) {
  feed::AuthorityForTest authority;
  authority.now = wall_from_ms(1'763'800'012'123);
  const auto batch = authority.revoke({feed::revoke_session("s")});
  EXPECT_EQ(headers_of(batch.jws), (Headers{{"ce_specversion", "1.0"},
                                            {"ce_id", "default.1000.2"},
                                            {"ce_source", "https://auth.example"},
                                            {"ce_type", "urn:rescind:event:revocations"},
                                            {"ce_subject", "1000.2"},
                                            {"ce_time", "2025-11-22T08:26:52.123Z"},
                                            {"content-type", "application/secevent+jwt"}}));
}

TEST(KafkaHeaders, AHeartbeatIsOneToo) {
  feed::AuthorityForTest authority;
  authority.now = wall_from_ms(1'763'800'012'000);
  auto headers = headers_of(authority.heartbeat());
  EXPECT_EQ(headers["ce_id"], "default.heartbeat.1763800012000.1000.1");
  EXPECT_EQ(headers["ce_type"], "urn:rescind:event:heartbeat");
  EXPECT_EQ(headers["ce_subject"], "1000.1");
}

TEST(KafkaHeaders, WhatIsNoWordHasNone) { EXPECT_TRUE(cloud_event_headers("hello").empty()); }

}  // namespace
}  // namespace rescind::transport
