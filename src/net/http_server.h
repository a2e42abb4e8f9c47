#pragma once
// An HTTP/1.1 server (RFC 9112) on one or more loops: each connection lives on one of them, and its
// requests are handled there one after the other. No threads of its own, no locks on a request's
// way. A request that is answered within its handler costs about 10 µs, system calls included.
//
// Framing is strict (a message that two parsers could cut in two ways is refused with 400 and the
// connection ends); every wait has a deadline and every buffer a limit.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/limits.h"
#include "net/loop.h"
#include "net/responder.h"
#include "net/tls.h"

namespace rescind::net {

// Called on the connection's loop; with several loops from several threads. Must not block or
// throw.
using Handler = std::function<void(const Request&, Responder)>;

struct ServerOptions {
  // An IP address, or the path of a Unix domain socket (it begins with '/').
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any that is free
  std::shared_ptr<const TlsContext> tls;
  MessageLimits limits;
  Deadlines deadlines;
  std::size_t connections = kMaxConnections;
  std::size_t stream_bytes = kMaxStreamBytes;
  // Where it is set: the body's limit for a request whose head has been read, in place of
  // limits.body_bytes. Called on the loops.
  std::function<std::size_t(const Request&)> body_limit;
};

// Since the start, but for the connections and streams that are open.
struct ServerCounters {
  std::uint64_t requests = 0;  // handed to the handler
  std::uint64_t connections = 0;
  std::uint64_t open_connections = 0;
  std::uint64_t open_streams = 0;
  std::uint64_t refused_connections = 0;  // too many, or no file descriptors
  std::uint64_t refused_requests = 0;     // answered by the server itself: 400, 408, 413, 431, …
  std::uint64_t timeouts = 0;             // connections ended by a deadline
  std::uint64_t slow_streams = 0;         // cut off with too much unread
  std::uint64_t failed_handshakes = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

class Server {
 public:
  // Listens at once. The loops outlive the server. kUnavailable where the address cannot be had.
  // Connections are spread over the loops in turn.
  static Result<std::unique_ptr<Server>> open(std::vector<Loop*> loops, ServerOptions options,
                                              Handler handler);
  // Ends all connections at once. Not within a handler.
  ~Server();

  // The port it listens on (0 for a Unix domain socket).
  std::uint16_t port() const;

  // Accepts no more, lets what runs end (streams end now), then calls `done` on the first loop; at
  // the latest after `grace`, when what is left is cut off. Any thread.
  void drain(std::chrono::milliseconds grace, std::move_only_function<void()> done);

  // New connections get this certificate; those that are open keep theirs. For a server that was
  // opened with TLS. Any thread.
  void replace_tls(std::shared_ptr<const TlsContext> tls);

  // Any thread.
  ServerCounters counters() const;

 private:
  struct Body;
  explicit Server(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::net
