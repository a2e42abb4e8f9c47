#pragma once
// Signed requests on Redis: a stream NAME.requests, of which each entry has a field `jws`:
//
//   XADD rescind.default.requests MAXLEN ~ 100000 * jws "<the request>"
//
// What has been dealt with is trimmed.

#include <memory>
#include <string>

#include "transport/redis.h"
#include "transport/request_topic.h"

namespace rescind::transport {

class RedisRequests final : public RequestTopic {
 public:
  // The access's stream is the one of the requests.
  explicit RedisRequests(RedisAccess access) : access_(std::move(access)) {}

  Result<void> open(Cursor after) override;
  Result<std::vector<Message>> read(Milliseconds wait, std::size_t max_bytes) override;
  void forget(Cursor up_to) override;
  Result<void> check(std::size_t max_bytes) override;

 private:
  RedisAccess access_;
  std::unique_ptr<net::Redis> redis_;
  std::string last_ = "0-0";
};

// What to set at the server for it: who reads it, and who may write there and nowhere else.
std::vector<std::string> redis_requests_plan(const RedisAccess& access);

}  // namespace rescind::transport
