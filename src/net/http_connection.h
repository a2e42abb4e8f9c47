#pragma once
// One connection of a server: bytes in, requests to the handler one after the other, responses out.
// The loop's thread, but for the Exchange's functions. It is alive as long as its shard keeps it,
// an operation is under way, or a Responder is unanswered.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/request_reader.h"
#include "net/responder.h"
#include "net/server_shard.h"
#include "net/server_stream.h"
#include "net/socket.h"

namespace rescind::net {

class HttpConnection final : public SocketUser,
                             public Responder::Exchange,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  HttpConnection(std::shared_ptr<ServerShard> shard, std::unique_ptr<Socket> socket,
                 std::string peer);

  void start();
  TimePoint deadline() const { return deadline_; }
  void on_deadline();
  void drain();
  void close();

  void on_handshake(const std::string& problem) override;
  void on_read(std::size_t bytes, const std::error_code& error) override;
  void on_written(const std::error_code& error) override;

  const Request& request() const override { return reader_.request(); }
  void respond(std::shared_ptr<Exchange> self, Response response) override;
  std::shared_ptr<Stream> stream(std::shared_ptr<Exchange> self, Response head) override;
  std::shared_ptr<Stream> upgrade(std::shared_ptr<Exchange> self, Response head,
                                  OnData on_data) override;

 private:
  enum class Phase : std::uint8_t {
    kHandshake,
    kHead,      // waiting for a head, or in the middle of one
    kContinue,  // writing a 100
    kBody,
    kHandling,  // until the Responder is used
    kWriting,
    kStreaming,
    kLingering,  // our side has ended
    kClosed,
  };
  enum class After : std::uint8_t { kNextRequest, kEnd };
  enum class StreamKind : std::uint8_t { kResponse, kUpgrade };

  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { deadline_ = TimePoint::max(); }

  // Reading.
  void work();
  void handle();
  void send_continue();
  void read_request();
  void read_on();
  void refuse(int status);

  // Writing.
  void answer(Response response);
  void write_out();
  void write_slice();
  void after_write();

  // Streaming.
  std::shared_ptr<Stream> open(std::shared_ptr<Exchange> self, Response head, StreamKind kind,
                               OnData on_data);
  void open_now(const Response& head, StreamKind kind, const std::shared_ptr<StreamQueue>& queue,
                OnData on_data);
  void flush_stream();
  bool cut_off_slow_stream();
  void write_stream();
  void write_stream_bytes();
  void finish_stream();
  void end_stream();

  const std::shared_ptr<ServerShard> shard_;
  std::unique_ptr<Socket> socket_;
  const std::string peer_;
  Phase phase_ = Phase::kHandshake;
  TimePoint deadline_ = TimePoint::max();

  RequestReader reader_;
  std::vector<char> spare_;  // what is read behind a request
  bool keep_alive_ = false;
  bool working_ = false;
  bool reading_ = false;
  bool in_handler_ = false;
  std::optional<Response> answered_;  // within the handler
  Loop::Task opened_;                 // the same, by a stream

  // What goes out.
  std::string out_;
  std::shared_ptr<const std::string> shared_body_;
  std::array<std::string_view, 2> unsent_;
  std::size_t slice_ = 0;  // bytes of the write under way
  After after_ = After::kNextRequest;

  std::shared_ptr<StreamQueue> queue_;
  OnData on_data_;
  bool chunked_ = false;
  bool stream_writing_ = false;
  std::size_t lingered_ = 0;
};

}  // namespace rescind::net
