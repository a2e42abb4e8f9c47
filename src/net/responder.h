#pragma once
// What a handler answers with. Thread-safe as said at each; see http_server.h for who makes them.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"

namespace rescind::net {

// An open response: server-sent events, or what follows an upgrade. Thread-safe. The connection
// ends with the last reference to its stream, and the stream may outlive the connection.
class Stream {
 public:
  virtual ~Stream() = default;
  // Queues bytes; they are not copied until they are written. False where the connection has ended,
  // or ends now because more than kMaxStreamBytes would wait. Never calls back.
  virtual bool send(std::shared_ptr<const std::string> bytes) = 0;
  // Once, on the connection's loop, when it has ended for whatever reason; soon, where it has ended
  // already. Set it once.
  virtual void on_close(std::move_only_function<void()> task) = 0;
  // Ends the response after what is queued.
  virtual void close() = 0;
};

// The one duty to answer a request. Move-only; may be used on any thread and outlive the server.
// Its end without an answer is a 500.
class Responder {
 public:
  // The server's side of it. A test may bring its own. All may be called from any thread, one of
  // the three answers once.
  class Exchange {
   public:
    // The stream is lent: to answer at once, on the connection's loop.
    using OnData = std::move_only_function<void(Stream&, std::string_view)>;
    virtual ~Exchange() = default;
    virtual const Request& request() const = 0;
    // `self` is this, handed on to whichever thread ends it.
    virtual void respond(std::shared_ptr<Exchange> self, Response response) = 0;
    virtual std::shared_ptr<Stream> stream(std::shared_ptr<Exchange> self, Response head) = 0;
    virtual std::shared_ptr<Stream> upgrade(std::shared_ptr<Exchange> self, Response head,
                                            OnData on_data) = 0;
  };

  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // The request that this answers.
  const Request& request() const;

  // Sends the response; this is used up. A header with a control character makes it a 500.
  void respond(Response response);
  // Sends the head (its body is ignored) and leaves the response open: chunked for HTTP/1.1, up to
  // the connection's end for 1.0. For HEAD the head is all, and the stream has ended.
  std::shared_ptr<Stream> stream(Response head);
  // Sends the head of a 101; from then on bytes pass as they are, those of the peer to `on_data` on
  // the connection's loop.
  std::shared_ptr<Stream> upgrade(Response head, Exchange::OnData on_data);

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace rescind::net
