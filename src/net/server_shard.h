#pragma once
// The part of a server that lives on one loop: its connections, their deadlines, its counters. The
// loop's thread, but for counters().

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/descriptor.h"
#include "net/body_budget.h"
#include "net/http_server.h"
#include "net/loop_core.h"

namespace rescind::net {

class HttpConnection;

// Written by the loop's thread alone, read by whoever asks; relaxed, since each stands for itself.
class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void subtract_one() { add(~std::uint64_t{0}); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct ServerSettings {
  ServerOptions options;
  Handler handler;
  std::unique_ptr<BodyBudget> large_bodies = std::make_unique<BodyBudget>(kLargeBodiesBytes);
};

class ServerShard : public std::enable_shared_from_this<ServerShard> {
 public:
  ServerShard(std::shared_ptr<LoopCore> loop, std::shared_ptr<const ServerSettings> settings,
              std::size_t connections);

  // Begins to look at the deadlines.
  void start();
  // Takes over an accepted connection, or ends it where there are too many.
  void adopt(Descriptor descriptor, int family, std::string peer);
  // For the connections to come.
  void set_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }
  // Lets what runs end, then calls `done`.
  void drain(Loop::Task done);
  // Ends everything now.
  void close();
  ServerCounters counters() const;

  // For connections.
  void forget(const std::shared_ptr<HttpConnection>& connection);
  const ServerSettings& settings() const { return *settings_; }
  LoopCore& loop() { return *loop_; }
  const std::shared_ptr<LoopCore>& shared_loop() const { return loop_; }
  const std::string& date() const { return date_; }
  bool draining() const { return draining_; }

  struct {
    Counter requests, connections, open_connections, open_streams, refused_connections,
        refused_requests, timeouts, slow_streams, failed_handshakes, bytes_in, bytes_out;
  } count;

 private:
  void tick();

  const std::shared_ptr<LoopCore> loop_;
  const std::shared_ptr<const ServerSettings> settings_;
  std::shared_ptr<const TlsContext> tls_;
  const std::size_t limit_;
  std::chrono::milliseconds period_;
  std::unordered_set<std::shared_ptr<HttpConnection>> connections_;
  std::string date_;
  Loop::TimerId timer_{};
  bool draining_ = false;
  bool closed_ = false;
  Loop::Task drained_;
};

}  // namespace rescind::net
