#pragma once
// One request and its answer, on a connection of its own or a kept one. The loop's thread. It is
// alive as long as the client runs it, an operation is under way, or somebody holds it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/client_core.h"
#include "net/connector.h"
#include "net/http_parser.h"
#include "net/socket.h"
#include "net/url.h"

namespace rescind::net {

struct ExchangePlan {
  Url url;
  Method method = Method::kGet;
  std::string head;  // as it is sent
  std::string body;
  bool repeatable = false;  // may be sent a second time (RFC 9110 9.2.2)
  bool upgrade = false;
  std::chrono::milliseconds connect_timeout;
  std::chrono::milliseconds timeout;  // to the head of a stream, to the end of anything else
  std::optional<std::chrono::milliseconds> idle_timeout;  // it is a stream
  std::uint64_t max_body = 0;
};

struct ExchangeCallbacks {
  std::function<void(Response)> on_head;
  std::function<void(std::string_view)> on_data;
  std::move_only_function<void(std::optional<Error>)> on_end;
};

class ClientExchange final : public SocketUser,
                             public std::enable_shared_from_this<ClientExchange> {
 public:
  ClientExchange(ClientCore& client, ExchangePlan plan, ExchangeCallbacks callbacks);

  void start();
  // Ends it before it has begun.
  void refuse(const Error& error);
  // No callback is called any more.
  void cancel();
  // After a 101.
  bool send(std::string bytes);
  bool ended() const { return phase_ == Phase::kEnded; }

  void on_handshake(const std::string& problem) override;
  void on_read(std::size_t bytes, const std::error_code& error) override;
  void on_written(const std::error_code& error) override;

 private:
  enum class Phase : std::uint8_t {
    kNew,
    kConnecting,
    kHead,
    kBody,
    kUpgraded,
    kRetrying,  // waits until the closed connection has reported all that was under way
    kEnded,
  };
  using SteadyClock = std::chrono::steady_clock;

  void open_connection();
  void retry();
  void on_connected(Result<Connected> connected);
  void send_request();
  void read();
  void take_head();
  void take_body(std::string_view input);
  void begin_body(const ResponseHead& head);
  void on_failed(ErrorCode code, const std::string& what);
  void on_peer_ended();
  void watch(std::chrono::nanoseconds time);
  void on_late();
  void write_pending();
  void finish(std::optional<Error> error);
  void release_connection(bool may_keep);
  template <typename Call>
  bool call_out(Call call);

  ClientCore& client_;
  ExchangePlan plan_;
  ExchangeCallbacks callbacks_;
  Phase phase_ = Phase::kNew;
  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Socket> socket_;
  bool reused_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool calling_out_ = false;

  SteadyClock::time_point started_;
  SteadyClock::time_point last_byte_;
  Loop::TimerId timer_{};

  std::vector<char> buffer_;
  std::size_t used_ = 0;
  HeadScanner scanner_{HeadScanner::Kind::kResponse};
  int interim_ = 0;
  Framing framing_;
  BodyDecoder decoder_;
  std::string data_;

  std::string pending_;  // after a 101: waits for the write under way
  std::string out_;
};

}  // namespace rescind::net
