#include "net/server_shard.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http_connection.h"
#include "net/response_writer.h"
#include "net/socket.h"

namespace rescind::net {
namespace {

std::chrono::milliseconds period_of(const Deadlines& deadlines) {
  const auto shortest =
      std::min({deadlines.head, deadlines.body, deadlines.idle, deadlines.write, deadlines.linger});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(2),
                                               std::chrono::seconds(1));
}

}  // namespace

ServerShard::ServerShard(std::shared_ptr<LoopCore> loop,
                         std::shared_ptr<const ServerSettings> settings, std::size_t connections)
    : loop_(std::move(loop)),
      settings_(std::move(settings)),
      tls_(settings_->options.tls),
      limit_(connections),
      period_(period_of(settings_->options.deadlines)),
      date_(http_date(SystemClock().now().wall)) {}

void ServerShard::start() {
  timer_ = loop_->after(period_, [self = shared_from_this()] { self->tick(); });
}

void ServerShard::tick() {
  if (closed_) return;
  date_ = http_date(SystemClock().now().wall);
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<HttpConnection>> late;
  for (const auto& connection : connections_) {
    if (connection->deadline() <= now) late.push_back(connection);
  }
  for (const auto& connection : late) connection->on_deadline();
  start();
}

void ServerShard::adopt(Descriptor descriptor, int family, std::string peer) {
  if (closed_ || draining_) return;
  if (connections_.size() >= limit_) {
    count.refused_connections.add();
    return;
  }
  count.connections.add();
  count.open_connections.add();
  auto socket = tls_ ? make_tls_socket(*loop_, family, descriptor.release(), tls_, {})
                     : make_plain_socket(*loop_, family, descriptor.release());
  auto connection =
      std::make_shared<HttpConnection>(shared_from_this(), std::move(socket), std::move(peer));
  connections_.insert(connection);
  connection->start();
}

void ServerShard::forget(const std::shared_ptr<HttpConnection>& connection) {
  if (connections_.erase(connection) == 0) return;
  count.open_connections.subtract_one();
  if (draining_ && connections_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void ServerShard::drain(Loop::Task done) {
  draining_ = true;
  if (closed_ || connections_.empty()) return done();
  drained_ = std::move(done);
  const std::vector all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->drain();
}

void ServerShard::close() {
  closed_ = true;
  loop_->cancel(timer_);
  const std::vector all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->close();
}

ServerCounters ServerShard::counters() const {
  return {
      .requests = count.requests.value(),
      .connections = count.connections.value(),
      .open_connections = count.open_connections.value(),
      .open_streams = count.open_streams.value(),
      .refused_connections = count.refused_connections.value(),
      .refused_requests = count.refused_requests.value(),
      .timeouts = count.timeouts.value(),
      .slow_streams = count.slow_streams.value(),
      .failed_handshakes = count.failed_handshakes.value(),
      .bytes_in = count.bytes_in.value(),
      .bytes_out = count.bytes_out.value(),
  };
}

}  // namespace rescind::net
