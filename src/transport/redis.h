#pragma once
// A feed on Redis: one stream, to which batches and heartbeats are added, and which is trimmed by
// the feed's retention; the snapshot lies in a hash beside it.
//
//   redis://[user:password@]host[:port]/NAME      (default name: rescind.<feed>)
//
// What Redis acknowledges it may lose (appendfsync everysec, a failover): the log has it all, and
// who follows fetches from its origin what is missing. No TLS: over a network of one's own only.

#include <memory>
#include <string>

#include "feed/ports.h"
#include "net/redis.h"
#include "transport/broker.h"
#include "transport/registry.h"

namespace rescind::transport {

struct RedisAccess {
  net::Redis::Address address;
  std::string stream;
  Milliseconds retention{3'600'000};

  std::string snapshot_key() const { return stream + ".snapshot"; }
  // The stream for signed requests beside it.
  RedisAccess requests() const {
    RedisAccess beside = *this;
    beside.stream += kRequestsSuffix;
    beside.retention = kRequestsRetention;
    return beside;
  }
  // kInvalid: no such URL, or one that would send a password over the network in the clear (unless
  // access.insecure). Messages repeat no values.
  static Result<RedisAccess> parse(const FeedAccess& access);
};

class RedisTransport final : public feed::Transport {
 public:
  explicit RedisTransport(RedisAccess access) : access_(std::move(access)) {}

  Result<void> publish(const feed::Sealed& batch) override;
  Result<std::size_t> publish_all(std::span<const feed::Sealed> batches) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  bool keeps_snapshots() const override { return true; }
  Result<void> publish_snapshot(const feed::Snapshot& snapshot) override;
  // kInvalid where it may evict the stream, with the command that mends it.
  Result<void> check() override;

 private:
  Result<net::Redis*> connection();
  Result<std::size_t> add(std::span<const std::string_view> words);

  RedisAccess access_;
  std::unique_ptr<net::Redis> redis_;  // null: not connected
};

class RedisReader final : public BrokerReader {
 public:
  explicit RedisReader(RedisAccess access) : access_(std::move(access)) {}

  Result<void> open(feed::Position after) override;
  Result<std::vector<std::string>> read(Milliseconds wait) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Result<void> connect();
  Result<std::string> place_of(feed::Position after);
  Result<void> check_end();

  RedisAccess access_;
  std::unique_ptr<net::Redis> redis_;
  std::string last_;  // the id of the entry that was read last
  Milliseconds silence_{0};
};

// "redis-cli -h HOST -p PORT "
std::string redis_cli(const RedisAccess& access);
// What to set at the server, as commands: nothing has to be made.
std::vector<std::string> redis_plan(const RedisAccess& access);
// kInvalid where it may evict the stream, with the command that mends it.
Result<void> check_eviction(net::Redis& redis, const RedisAccess& access);

// The scheme redis.
void add_redis_adapter(Registry& registry);

}  // namespace rescind::transport
