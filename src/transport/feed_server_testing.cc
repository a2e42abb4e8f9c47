#include "transport/feed_server_testing.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "base/check.h"

namespace rescind::transport {

void TestLog::append(feed::Sealed batch) {
  MutexLock lock(mutex_);
  batches_.push_back(std::move(batch));
}

void TestLog::forget(std::uint64_t number) {
  MutexLock lock(mutex_);
  forgotten_ = number;
}

void TestLog::fail_reads(std::optional<ErrorCode> with) {
  MutexLock lock(mutex_);
  failure_ = with;
}

void TestLog::set_snapshot(feed::Snapshot snapshot) {
  MutexLock lock(mutex_);
  snapshot_ = std::move(snapshot);
}

Result<feed::Head> TestLog::head() {
  MutexLock lock(mutex_);
  if (failure_) return fail(*failure_, "the log is away");
  if (batches_.empty()) return feed::Head{};
  return feed::Head{.position = batches_.back().position, .hash = batches_.back().hash};
}

Result<std::vector<feed::Sealed>> TestLog::read_after(Position after, std::size_t limit) {
  MutexLock lock(mutex_);
  if (failure_) return fail(*failure_, "the log is away");
  if (after.number < forgotten_) return fail(ErrorCode::kGone, "this position is gone");
  const auto is_after = [&](const feed::Sealed& batch) { return batch.position > after; };
  const auto first = std::find_if(batches_.begin(), batches_.end(), is_after);
  const bool known =
      first == batches_.begin() ? after == Position{} : std::prev(first)->position == after;
  if (!known) return fail(ErrorCode::kConflict, "this log has no such position");
  const auto count = std::min<std::size_t>(limit, static_cast<std::size_t>(batches_.end() - first));
  return std::vector<feed::Sealed>(first, first + static_cast<std::ptrdiff_t>(count));
}

Result<feed::Snapshot> TestLog::snapshot() {
  MutexLock lock(mutex_);
  if (failure_) return fail(*failure_, "the log is away");
  return snapshot_;
}

TestServer::TestServer(FeedServer::Options options, net::ServerOptions http) {
  feed_ = std::make_unique<FeedServer>(feed_loop_.loop(), log_, std::move(options));
  auto opened = net::Server::open({&http_loop_.loop()}, std::move(http), feed_->handler());
  CHECK(opened);
  http_ = *std::move(opened);
}

TestServer::~TestServer() {
  feed_loop_->call([this] { feed_.reset(); });
  http_.reset();
}

void TestServer::publish(const feed::Sealed& batch) {
  log_.append(batch);
  feed_loop_->call([&] { CHECK(feed_->publish(batch)); });
}

void TestServer::publish_heartbeat(std::string_view jws) {
  feed_loop_->call([&] { CHECK(feed_->publish_heartbeat(jws)); });
}

FeedServer::Counters TestServer::counters() {
  FeedServer::Counters counters;
  feed_loop_->call([&] { counters = feed_->counters(); });
  return counters;
}

bool TestServer::wait_for(std::size_t streams, std::size_t polls) {
  return wait_until(
      [&](const auto& seen) { return seen.streams == streams && seen.polls == polls; });
}

bool TestServer::wait_for_sockets(std::size_t sockets) {
  return wait_until([&](const auto& seen) { return seen.sockets == sockets; });
}

bool TestServer::wait_until(const std::function<bool(const FeedServer::Counters&)>& reached) {
  // Each look is a turn of the feed's loop, where the opening and ending of streams happens too.
  for (int look = 0; look < 5'000'000; ++look) {
    if (reached(counters())) return true;
    std::this_thread::yield();
  }
  return false;
}

std::string TestServer::url(std::string_view scheme) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port()) + "/v1/feed";
}

namespace {

void look(net::Loop& loop, const std::function<bool()>& done, int looks_left, bool& result) {
  result = done();
  if (result || looks_left == 0) return loop.stop();
  loop.after(Milliseconds(1),
             [&loop, &done, looks_left, &result] { look(loop, done, looks_left - 1, result); });
}

}  // namespace

bool run_until(net::Loop& loop, const std::function<bool()>& done) {
  bool result = false;
  loop.post([&] { look(loop, done, 20'000, result); });
  loop.run();
  return result;
}

FeedClient::FeedClient(std::uint16_t port, int receive_buffer)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  CHECK(socket_ >= 0);
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (receive_buffer > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

FeedClient::~FeedClient() {
  if (socket_ >= 0) ::close(socket_);
}

void FeedClient::get(std::string_view target, std::string_view headers) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: feed.example\r\n" + std::string(headers) +
       "\r\n");
}

void FeedClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    CHECK(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string FeedClient::read_until(std::string_view text) {
  std::array<char, 65536> chunk;
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t place = buffer_.find(text, looked_at);
    if (place != std::string::npos) {
      std::string head = buffer_.substr(0, place + text.size());
      buffer_.erase(0, head.size());
      return head;
    }
    looked_at = buffer_.size() - std::min(buffer_.size(), text.size());
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) {
      ADD_FAILURE() << "the connection ended before \"" << text << "\"";
      return std::exchange(buffer_, {});
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string FeedClient::read_all() {
  std::array<char, 65536> chunk;
  for (;;) {
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) return std::exchange(buffer_, {});
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string FeedClient::read_some() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  std::array<char, 65536> chunk;
  const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
  return got <= 0 ? std::string() : std::string(chunk.data(), static_cast<std::size_t>(got));
}

std::string FeedClient::ask(std::string_view target, std::string_view headers) {
  get(target, "Connection: close\r\n" + std::string(headers));
  return read_all();
}

}  // namespace rescind::transport
