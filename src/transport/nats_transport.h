#pragma once
// The sending end of a feed on NATS: what is published has been confirmed by the stream. Several
// batches are sent before the first confirmation is waited for. Blocking, some seconds at most; one
// thread.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "feed/ports.h"
#include "transport/nats_client.h"

namespace rescind::transport {

class NatsTransport final : public feed::Transport {
 public:
  // kInvalid: a stream that a feed cannot lie in (nats_stream.h), or none. A server that is not
  // reached is no error here: its streams are looked at before the first word is sent.
  static Result<std::unique_ptr<NatsTransport>> open(NatsAccess access, Log& log);

  Result<void> publish(const feed::Sealed& batch) override;
  Result<std::size_t> publish_all(std::span<const feed::Sealed> batches) override;
  Result<void> publish_heartbeat(std::string_view jws) override;
  Result<void> check() override { return be_ready(); }
  // Whether the stream for them exists; false before the server was reached.
  bool keeps_snapshots() const override { return keeps_snapshots_; }
  Result<void> publish_snapshot(const feed::Snapshot& snapshot) override;

 private:
  NatsTransport(NatsAccess access, Log& log) : access_(std::move(access)), log_(log) {}
  Result<void> be_ready();
  Result<void> check_snapshots();
  Result<std::size_t> add(std::span<const std::string_view> words);
  // The first one's number; all of them, or an error.
  Result<std::int64_t> add_parts(const std::string& subject,
                                 std::span<const std::string_view> parts);

  NatsAccess access_;
  Log& log_;
  std::unique_ptr<NatsClient> client_;  // connected, to streams that are fit; null: not
  bool keeps_snapshots_ = false;
  std::int64_t last_snapshot_ = 0;  // where its chunks begin; 0: it is not known
};

}  // namespace rescind::transport
