#include "transport/feed_server.h"

#include <utility>

#include "transport/feed_server_body.h"
#include "transport/feed_server_problem.h"
#include "transport/sse_server.h"
#include "transport/ws_server.h"

namespace rescind::transport {
namespace {

// However many ask at once, a signature is made no more often than this and than batches come.
constexpr Milliseconds kHeartbeatFreshFor{50};

}  // namespace

FeedServer::Body::Body(net::Loop& home, feed::BatchLog& log, Options given)
    : loop(home), options(std::move(given)), tail(log) {}

void FeedServer::Body::start(feed::BatchLog& log) {
  auto newest = [weak = weak_from_this()]() -> std::optional<std::string> {
    const auto self = weak.lock();
    return self ? self->heartbeat() : std::nullopt;
  };
  streams = std::make_shared<FeedStreams>(loop, tail, std::make_unique<SseForm>(), newest);
  auto receive = [weak = weak_from_this()](std::string_view receipt, WsForm::Answer answer) {
    if (const auto self = weak.lock()) self->take_receipt(receipt, std::move(answer));
  };
  sockets =
      std::make_shared<FeedStreams>(loop, tail, std::make_unique<WsForm>(loop, receive), newest);
  auto known = [weak = weak_from_this()]() -> std::optional<std::string> {
    const auto self = weak.lock();
    return self && self->heartbeat_is_last ? self->last_heartbeat : std::nullopt;
  };
  polls = std::make_shared<Polls>(loop, tail, newest, known);
  FeedSnapshots::Ask ask = options.ask_snapshot;
  if (!ask) {
    ask = FeedSnapshots::from_log(options.snapshot_log != nullptr ? *options.snapshot_log : log,
                                  options.snapshot_loop != nullptr ? *options.snapshot_loop : loop,
                                  loop);
  }
  snapshots = std::make_shared<FeedSnapshots>(loop, std::move(ask), options.snapshot_fresh_for);
}

std::optional<std::string> FeedServer::Body::heartbeat() {
  if (!options.heartbeat || heartbeat_is_new) return last_heartbeat;
  Result<std::string> made = options.heartbeat();
  if (!made) return std::nullopt;  // it is a courtesy: the Publisher's are the ones that count
  last_heartbeat = *std::move(made);
  heartbeat_is_new = heartbeat_is_last = true;
  loop.after(kHeartbeatFreshFor, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->heartbeat_is_new = false;
  });
  return last_heartbeat;
}

void FeedServer::Body::publish(const feed::Sealed& batch) {
  const Link link(batch);
  if (!tail.push(link)) return;
  heartbeat_is_new = heartbeat_is_last = false;
  streams->published(link);
  sockets->published(link);
  // What is published in one turn of the loop leaves together: under load fewer, larger writes.
  if (std::exchange(flush_due, true)) return;
  loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->flush();
  });
}

void FeedServer::Body::flush() {
  flush_due = false;
  streams->flush();
  sockets->flush();
  polls->flush();
}

FeedServer::FeedServer(net::Loop& loop, feed::BatchLog& log, Options options)
    : body_(std::make_shared<Body>(loop, log, std::move(options))) {
  body_->start(log);
}

FeedServer::~FeedServer() { close(); }

net::Handler FeedServer::handler() const {
  return [weak = std::weak_ptr(body_), &loop = body_->loop](const net::Request&,
                                                            net::Responder responder) {
    auto handle = [weak, responder = std::move(responder)]() mutable {
      const auto body = weak.lock();
      if (!body) return responder.respond(problem(503, "the feed is being shut down"));
      body->handle(std::move(responder));
    };
    if (loop.in_thread()) return handle();
    loop.post(std::move(handle));
  };
}

Result<void> FeedServer::publish(const feed::Sealed& batch) {
  body_->publish(batch);
  return {};
}

Result<void> FeedServer::publish_heartbeat(std::string_view jws) {
  body_->last_heartbeat = std::string(jws);
  body_->heartbeat_is_last = true;
  body_->streams->send_heartbeat(jws);
  body_->sockets->send_heartbeat(jws);
  return {};
}

void FeedServer::forget_heartbeat() {
  body_->last_heartbeat.reset();
  body_->heartbeat_is_new = body_->heartbeat_is_last = false;
}

void FeedServer::forget_batches() { body_->tail.clear(); }

void FeedServer::renew_snapshot() { body_->snapshots->renew(); }

void FeedServer::close() {
  body_->streams->close_all();
  body_->sockets->close_all();
  body_->polls->close_all();
}

FeedServer::Counters FeedServer::counters() const {
  return {.streams = body_->streams->size(),
          .sockets = body_->sockets->size(),
          .polls = body_->polls->size(),
          .cut_off = body_->streams->cut_off() + body_->sockets->cut_off(),
          .log_reads = body_->tail.reads()};
}

}  // namespace rescind::transport
