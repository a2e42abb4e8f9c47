#pragma once
// What comes under a subject of one JetStream stream, from a number on; with what nobody says by
// itself found out: that the stream was made again, that a consumer is gone, that a server stands
// still. Blocking; one thread.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "transport/nats_client.h"

namespace rescind::transport {

class NatsTail {
 public:
  // `seen` is the stream as the client has just described it.
  static Result<std::unique_ptr<NatsTail>> start(std::unique_ptr<NatsClient> client,
                                                 const std::string& stream,
                                                 const std::string& subject, const NatsStream& seen,
                                                 std::int64_t first);
  // What has come, or comes within `wait`, until `take` says false: enough. kGone: the stream was
  // made again. An error ends the reading.
  Result<void> read(Milliseconds wait, const NatsClient::Take& take);
  std::int64_t created() const { return created_; }

 private:
  NatsTail(std::unique_ptr<NatsClient> client, std::string stream, std::int64_t created,
           std::int64_t last)
      : client_(std::move(client)), stream_(std::move(stream)), created_(created), last_(last) {}
  Result<void> check_silence();

  std::unique_ptr<NatsClient> client_;
  std::string stream_;
  std::int64_t created_ = 0;
  std::int64_t last_ = 0;    // the number of what was read last
  Milliseconds silence_{0};  // since something came, or the stream was looked at
  bool behind_ = false;      // at the last look there was something to come
};

}  // namespace rescind::transport
