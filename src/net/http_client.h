#pragma once
// An HTTP/1.1 client on a loop: whole answers, and streams (server-sent events, upgrades).
// Connections are kept and used again. Redirects are not followed, cookies and proxies are not
// known, and only the URL that was given is ever asked (security.md C4). Framing is as strict as
// the server's.
//
// All on the loop's thread, or while nobody runs it; fetch() on any thread. Callbacks come on the
// loop's thread, never within the call that asked. The client ends before its loop; with it all
// that is under way ends, and its callbacks are not called any more.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "net/limits.h"
#include "net/loop.h"
#include "net/tls.h"

namespace rescind::net {

struct FetchRequest {
  Method method = Method::kGet;
  std::string url;
  HeaderList
      headers;  // Host, Content-Length, Content-Type and Connection are the client's business
  std::string content_type;
  std::string body;
  std::chrono::milliseconds connect_timeout{5'000};  // name, connection and TLS
  std::chrono::milliseconds timeout{15'000};         // all of it, to the answer's last byte
  std::size_t max_body = 1024 * 1024;                // of the answer
};

struct StreamRequest {
  std::string url;
  HeaderList headers;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds head_timeout{15'000};  // to the answer's head
  std::chrono::milliseconds idle_timeout{60'000};  // without a byte
  bool upgrade = false;  // sends `Connection: Upgrade`; after a 101 bytes pass as they are
};

struct StreamCallbacks {
  // The answer's head, whatever its status.
  std::function<void(const Response&)> on_head;
  // Parts of the body, cut anywhere.
  std::function<void(std::string_view)> on_data;
  // Once, last: why it ended. A body that has ended in order is kUnavailable, too.
  std::function<void(const Error&)> on_end;
};

// Its end cancels the stream: no callback is called any more.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  // After a 101: sends bytes. False where the stream has ended, or ends now because more than
  // kMaxStreamBytes would wait.
  virtual bool send(std::string bytes) = 0;
};

struct ClientOptions {
  // Null: TlsContext::for_client with the system's authorities, made when it is first needed.
  std::shared_ptr<const TlsContext> tls;
  MessageLimits limits;  // of heads; bodies have their own
  std::size_t idle_connections = 32;
  std::chrono::milliseconds idle_timeout{15'000};
};

class Client {
 public:
  using Callback = std::move_only_function<void(Result<Response>)>;

  explicit Client(Loop& loop, ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // kInvalid for a request that cannot be sent, kUnavailable, kTimeout, kTooLarge, kCorrupt (no
  // HTTP). Any status is an answer. A request that may be repeated is sent again, once, where a
  // kept connection turns out to be closed.
  void fetch(FetchRequest request, Callback callback);
  std::unique_ptr<ClientStream> open_stream(StreamRequest request, StreamCallbacks callbacks);

 private:
  struct Body;
  std::shared_ptr<Body> body_;
};

// For programs without a loop: one request on a loop of its own. Not within a loop's task.
Result<Response> blocking_fetch(FetchRequest request, ClientOptions options = {});

}  // namespace rescind::net
