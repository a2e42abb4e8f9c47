#pragma once
// What the exchanges of one client share: its loop, its settings, its idle connections. The loop's
// thread.

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_set>

#include "net/http_client.h"
#include "net/loop_core.h"
#include "net/socket.h"

namespace rescind::net {

class ClientExchange;

class ClientCore {
 public:
  ClientCore(std::shared_ptr<LoopCore> loop, ClientOptions options);

  LoopCore& loop() { return *loop_; }
  const std::shared_ptr<LoopCore>& shared_loop() const { return loop_; }
  const ClientOptions& options() const { return options_; }
  Result<std::shared_ptr<const TlsContext>> tls();

  // A connection to this origin that is open still, or null.
  std::unique_ptr<Socket> take(const std::string& origin);
  void keep(const std::string& origin, std::unique_ptr<Socket> socket);

  void start(const std::shared_ptr<ClientExchange>& exchange);
  void forget(const std::shared_ptr<ClientExchange>& exchange) { running_.erase(exchange); }
  // The client ends: nothing calls back from here on.
  void close();

 private:
  struct Idle {
    std::string origin;
    std::unique_ptr<Socket> socket;
    std::chrono::steady_clock::time_point until;
  };
  void expire();

  const std::shared_ptr<LoopCore> loop_;
  ClientOptions options_;
  std::list<Idle> idle_;  // the oldest first
  Loop::TimerId timer_{};
  bool timer_runs_ = false;
  bool closed_ = false;
  std::unordered_set<std::shared_ptr<ClientExchange>> running_;
};

}  // namespace rescind::net
