#include "net/http_server.h"

#include <utility>

#include "base/check.h"
#include "net/listener.h"
#include "net/server_shard.h"

namespace rescind::net {
namespace {

// Counts down the shards of a drain, and the grace; lives on the first loop.
struct Drain {
  std::size_t shards_left = 0;
  std::move_only_function<void()> done;
  Loop::TimerId grace{};
};

}  // namespace

struct Server::Body {
  std::vector<Loop*> loops;
  std::shared_ptr<const ServerSettings> settings;
  std::shared_ptr<Listener> listener;
  std::vector<std::shared_ptr<ServerShard>> shards;
};

Server::Server(std::unique_ptr<Body> body) : body_(std::move(body)) {}

Result<std::unique_ptr<Server>> Server::open(std::vector<Loop*> loops, ServerOptions options,
                                             Handler handler) {
  CHECK(!loops.empty() && handler);
  TRY_ASSIGN(auto listener, Listener::open(loops.front()->core(), options.address, options.port));
  auto body = std::make_unique<Body>();
  const std::size_t share = (options.connections + loops.size() - 1) / loops.size();
  body->settings = std::make_shared<const ServerSettings>(std::move(options), std::move(handler));
  body->listener = listener;
  for (Loop* loop : loops) {
    auto shard = std::make_shared<ServerShard>(loop->core(), body->settings, share);
    loop->post([shard] { shard->start(); });
    body->shards.push_back(std::move(shard));
  }
  body->loops = std::move(loops);

  const auto accept = [shards = body->shards, next = std::size_t{0}](
                          Descriptor descriptor, int family, std::string peer) mutable {
    const auto& shard = shards[next++ % shards.size()];
    if (shard->loop().in_thread()) {
      return shard->adopt(std::move(descriptor), family, std::move(peer));
    }
    shard->loop().post(
        [shard, descriptor = std::move(descriptor), family, peer = std::move(peer)]() mutable {
          shard->adopt(std::move(descriptor), family, std::move(peer));
        });
  };
  const auto refuse = [shard = body->shards.front()] { shard->count.refused_connections.add(); };
  body->loops.front()->post([listener, accept, refuse] { listener->start(accept, refuse); });
  return std::unique_ptr<Server>(new Server(std::move(body)));
}

Server::~Server() {
  body_->loops.front()->call([this] { body_->listener->close(); });
  for (std::size_t i = 0; i < body_->loops.size(); ++i) {
    body_->loops[i]->call([this, i] { body_->shards[i]->close(); });
  }
  // The descriptor inside belongs to the loop, too.
  body_->loops.front()->call([this] { body_->listener.reset(); });
}

std::uint16_t Server::port() const { return body_->listener->port(); }

void Server::drain(std::chrono::milliseconds grace, std::move_only_function<void()> done) {
  auto drain = std::make_shared<Drain>();
  drain->shards_left = body_->shards.size();
  drain->done = std::move(done);
  const auto first = body_->shards.front()->shared_loop();
  const auto one_done = [drain, first] {
    if (--drain->shards_left > 0) return;
    first->cancel(drain->grace);
    drain->done();
  };
  first->post([drain, first, grace, listener = body_->listener, shards = body_->shards] {
    listener->close();
    drain->grace = first->after(grace, [shards] {
      for (const auto& shard : shards) shard->loop().post([shard] { shard->close(); });
    });
  });
  for (const auto& shard : body_->shards) {
    shard->loop().post(
        [shard, first, one_done] { shard->drain([first, one_done] { first->post(one_done); }); });
  }
}

void Server::replace_tls(std::shared_ptr<const TlsContext> tls) {
  CHECK(tls && body_->settings->options.tls);
  for (const auto& shard : body_->shards) {
    shard->loop().post([shard, tls] { shard->set_tls(tls); });
  }
}

ServerCounters Server::counters() const {
  ServerCounters sum;
  for (const auto& shard : body_->shards) {
    const ServerCounters part = shard->counters();
    sum.requests += part.requests;
    sum.connections += part.connections;
    sum.open_connections += part.open_connections;
    sum.open_streams += part.open_streams;
    sum.refused_connections += part.refused_connections;
    sum.refused_requests += part.refused_requests;
    sum.timeouts += part.timeouts;
    sum.slow_streams += part.slow_streams;
    sum.failed_handshakes += part.failed_handshakes;
    sum.bytes_in += part.bytes_in;
    sum.bytes_out += part.bytes_out;
  }
  return sum;
}

}  // namespace rescind::net
