#include "net/client_core.h"

#include <utility>
#include <vector>

#include "net/client_exchange.h"

namespace rescind::net {

ClientCore::ClientCore(std::shared_ptr<LoopCore> loop, ClientOptions options)
    : loop_(std::move(loop)), options_(std::move(options)) {}

Result<std::shared_ptr<const TlsContext>> ClientCore::tls() {
  if (!options_.tls) {
    TRY_ASSIGN(options_.tls, TlsContext::for_client(""));
  }
  return options_.tls;
}

std::unique_ptr<Socket> ClientCore::take(const std::string& origin) {
  // The youngest: the others may go to sleep.
  for (auto idle = idle_.end(); idle != idle_.begin();) {
    --idle;
    if (idle->origin != origin) continue;
    std::unique_ptr<Socket> socket = std::move(idle->socket);
    idle = idle_.erase(idle);
    if (socket->is_quiet()) return socket;
    socket->close();
  }
  return nullptr;
}

void ClientCore::keep(const std::string& origin, std::unique_ptr<Socket> socket) {
  if (closed_ || options_.idle_connections == 0) return socket->close();
  if (idle_.size() == options_.idle_connections) {
    idle_.front().socket->close();
    idle_.pop_front();
  }
  idle_.push_back({.origin = origin,
                   .socket = std::move(socket),
                   .until = std::chrono::steady_clock::now() + options_.idle_timeout});
  if (!timer_runs_) expire();
}

void ClientCore::expire() {
  const auto now = std::chrono::steady_clock::now();
  while (!idle_.empty() && idle_.front().until <= now) {
    idle_.front().socket->close();
    idle_.pop_front();
  }
  timer_runs_ = !idle_.empty();
  if (timer_runs_) timer_ = loop_->after(idle_.front().until - now, [this] { expire(); });
}

void ClientCore::start(const std::shared_ptr<ClientExchange>& exchange) {
  if (closed_ || exchange->ended()) return;
  running_.insert(exchange);
  exchange->start();
}

void ClientCore::close() {
  closed_ = true;
  loop_->cancel(timer_);
  for (const Idle& idle : idle_) idle.socket->close();
  idle_.clear();
  const std::vector running(running_.begin(), running_.end());
  for (const auto& exchange : running) exchange->cancel();
}

}  // namespace rescind::net
