#include "gateway/source.h"

#include <gtest/gtest.h>

namespace rescind::gateway {
namespace {

std::string of_peer(std::string_view peer) {
  net::Request request;
  request.peer = peer;
  return source_of(request, "");
}

std::string of_header(std::vector<std::string_view> values) {
  net::Request request;
  request.peer = "10.0.0.1:80";
  for (const std::string_view value : values) {
    request.headers.add("x-real-ip", value);
  }
  return source_of(request, "X-Real-IP");
}

TEST(Source, IsWhoHasConnectedWhateverItsPort) {
  EXPECT_EQ(of_peer("192.0.2.1:5431"), "192.0.2.1");
  EXPECT_EQ(of_peer("192.0.2.1:5432"), "192.0.2.1");
  EXPECT_NE(of_peer("192.0.2.2:5431"), of_peer("192.0.2.1:5431"));
  EXPECT_EQ(of_peer("unix"), "");
}

TEST(Source, OfIpv6IsTheNetworkThatOneClientHas) {
  EXPECT_EQ(of_peer("[2001:db8::1]:5431"), of_peer("[2001:db8::ffff]:1"));
  EXPECT_NE(of_peer("[2001:db8::1]:5431"), of_peer("[2001:db8:0:1::1]:5431"));
  EXPECT_NE(of_peer("[::ffff:192.0.2.1]:1"), of_peer("[::ffff:192.0.2.2]:1"));
}

TEST(Source, IsWhatTheTrustedHeaderSaysAndNotWhatTheClientPutBeforeIt) {
  EXPECT_EQ(of_header({"192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(of_header({"192.0.2.1:99"}), "192.0.2.1");
  EXPECT_EQ(of_header({"6.6.6.6, 192.0.2.1 "}), "192.0.2.1");
  EXPECT_EQ(of_header({"6.6.6.6", "192.0.2.1"}), "192.0.2.1");
  EXPECT_EQ(of_header({"2001:db8::1"}), of_header({"2001:db8::2"}));
}

TEST(Source, IsNotKnownWhereTheTrustedHeaderLacks) {
  EXPECT_EQ(of_header({}), "");
  EXPECT_EQ(of_header({""}), "");
  net::Request request;
  request.peer = "10.0.0.1:80";
  request.headers.add("x-forwarded-for", "6.6.6.6");
  EXPECT_EQ(source_of(request, "X-Real-IP"), "");
  EXPECT_EQ(source_of(request, ""), "10.0.0.1");
}

}  // namespace
}  // namespace rescind::gateway
