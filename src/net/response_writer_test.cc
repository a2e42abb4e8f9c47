#include "net/response_writer.h"

#include <gtest/gtest.h>

namespace rescind::net {
namespace {

using Body = HeadOptions::Body;

// The value of the one Connection field; "-" where there is none.
std::string connection_of(const Response& response, const HeadOptions& options) {
  constexpr std::string_view kName = "\r\nConnection: ";
  std::string head;
  EXPECT_TRUE(append_head(head, response, options));
  const std::size_t at = head.find(kName);
  if (at == std::string::npos) return "-";
  EXPECT_EQ(head.find(kName, at + 1), std::string::npos) << head;
  const std::size_t begin = at + kName.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

TEST(ResponseWriter, NamesUpgradeAmongTheOptionsOfTheConnection) {
  const Response plain{.status = 200};
  EXPECT_EQ(connection_of(plain, {}), "-");
  EXPECT_EQ(connection_of(plain, {.keep_alive = false}), "close");
  EXPECT_EQ(connection_of(plain, {.say_keep_alive = true}), "keep-alive");
  const Response offer{.status = 426, .headers = {{"upgrade", "websocket"}}};
  EXPECT_EQ(connection_of(offer, {}), "Upgrade");
  EXPECT_EQ(connection_of(offer, {.keep_alive = false}), "close, Upgrade");
  EXPECT_EQ(connection_of(offer, {.say_keep_alive = true}), "keep-alive, Upgrade");
  const Response changed{.status = 101, .headers = {{"Upgrade", "websocket"}}};
  EXPECT_EQ(connection_of(changed, {.body = Body::kUpgrade}), "Upgrade");
  EXPECT_EQ(connection_of(changed, {.body = Body::kUpgrade, .keep_alive = false}), "Upgrade");
}

TEST(ResponseWriter, LeavesTheConnectionToTheServer) {
  std::string head;
  EXPECT_FALSE(append_head(head, {.status = 200, .headers = {{"Connection", "Upgrade"}}}, {}));
  EXPECT_FALSE(append_head(head, {.status = 200, .headers = {{"X", "a\r\nConnection: x"}}}, {}));
  EXPECT_FALSE(append_head(head, {.status = 101}, {}));
  EXPECT_EQ(head, "");
}

}  // namespace
}  // namespace rescind::net
