#pragma once
// The receiving end of a feed on NATS: the stream read from a number of our own choosing, by a
// consumer that lives as long as the connection. Where a position lies is found from the end
// backwards, since positions only grow. Blocking; one thread.

#include <memory>
#include <string>
#include <vector>

#include "transport/broker.h"
#include "transport/broker_snapshot.h"
#include "transport/nats_client.h"

namespace rescind::transport {

class NatsReader final : public BrokerReader {
 public:
  explicit NatsReader(NatsAccess access) : access_(std::move(access)) {}

  Result<void> open(feed::Position after) override;
  Result<std::vector<std::string>> read(Milliseconds wait) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Result<void> check_silence();

  NatsAccess access_;
  std::unique_ptr<NatsClient> client_;
  std::int64_t created_ = 0;  // when the stream was made
  std::int64_t last_ = 0;     // the number that was read last
  Milliseconds silence_{0};
  bool behind_ = false;  // in the last silence there lay more than was sent to us
};

}  // namespace rescind::transport
