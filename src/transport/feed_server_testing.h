#pragma once
// For the tests of the roads: a log in memory, a feed server on real sockets with its threads, and
// a client that says exactly what a test wants to say. Words are opaque here: "jws-42" will do.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "feed/ports.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/loop_thread.h"
#include "transport/feed_server.h"
#include "transport/feed_server_tail.h"

namespace rescind::transport {

inline constexpr std::uint64_t kTestTerm = 1763800000000;

inline Position at(std::uint64_t number) { return {kTestTerm, number}; }

// The text after a number is what makes a batch large.
inline feed::Sealed sealed(std::uint64_t number, std::size_t bytes = 0) {
  std::string jws = "jws-" + std::to_string(number) + ".";
  if (bytes > jws.size()) jws.append(bytes - jws.size(), 'x');
  const Digest hash = sha256(jws);
  return {.position = at(number), .hash = hash, .jws = std::move(jws)};
}

// Thread-safe, so that a test may write to it while the server reads.
class TestLog final : public feed::BatchLog {
 public:
  void append(feed::Sealed batch);
  // Forgets all up to this number.
  void forget(std::uint64_t number);
  void fail_reads(std::optional<ErrorCode> with);
  void set_snapshot(feed::Snapshot snapshot);

  Result<feed::Head> head() override;
  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Mutex mutex_;
  std::vector<feed::Sealed> batches_ GUARDED_BY(mutex_);
  std::uint64_t forgotten_ GUARDED_BY(mutex_) = 0;
  std::optional<ErrorCode> failure_ GUARDED_BY(mutex_);
  feed::Snapshot snapshot_ GUARDED_BY(mutex_);
};

// A feed server behind an HTTP server, each on its own loop.
class TestServer {
 public:
  explicit TestServer(FeedServer::Options options = {}, net::ServerOptions http = {});
  ~TestServer();

  // Appends to the log, and publishes, on the feed's loop.
  void publish(const feed::Sealed& batch);
  void publish_heartbeat(std::string_view jws);
  FeedServer::Counters counters();
  // Waits until as many streams and polls are open; false after some seconds.
  bool wait_for(std::size_t streams, std::size_t polls);
  bool wait_for_sockets(std::size_t sockets);

  std::uint16_t port() const { return http_->port(); }
  std::string url(std::string_view scheme) const;
  net::ServerCounters http_counters() const { return http_->counters(); }
  TestLog& log() { return log_; }
  net::Loop& loop() { return feed_loop_.loop(); }
  FeedServer& feed() { return *feed_; }

 private:
  bool wait_until(const std::function<bool(const FeedServer::Counters&)>& reached);

  TestLog log_;
  net::LoopThread feed_loop_;
  net::LoopThread http_loop_;
  std::unique_ptr<FeedServer> feed_;
  std::unique_ptr<net::Server> http_;
};

// Runs the loop on this thread until `done` says so; false after many seconds.
bool run_until(net::Loop& loop, const std::function<bool()>& done);

// One blocking connection, read in steps that lose nothing. Every wait ends after some seconds, as
// a failure of the test.
class FeedClient {
 public:
  explicit FeedClient(std::uint16_t port, int receive_buffer = 0);
  ~FeedClient();
  FeedClient(FeedClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
  FeedClient(const FeedClient&) = delete;

  // GET with these further header lines, each ended by \r\n.
  void get(std::string_view target, std::string_view headers = {});
  void send(std::string_view bytes);
  // Reads until the text has come, and gives everything up to its end.
  std::string read_until(std::string_view text);
  // Reads to the end of the connection.
  std::string read_all();
  // What has come, or comes next; empty at the end of the connection.
  std::string read_some();
  // Sends and reads a whole answer; the connection is used up.
  std::string ask(std::string_view target, std::string_view headers = {});

 private:
  int socket_;
  std::string buffer_;
};

}  // namespace rescind::transport
