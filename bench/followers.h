#pragma once
// Many followers in one epoll loop, which stamps what comes. They check no signature: what they
// measure is the authority.

#include <netinet/in.h>
#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "net/websocket.h"

namespace rescind::bench {

sockaddr_in loopback(std::uint16_t port);

// One thread. Gives up where something takes half a minute.
class Followers {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Road { kEvents, kWebSocket };

  Followers(std::uint16_t port, const std::string& authorization, std::size_t count, Road road);
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  // Until every one has its first bytes.
  void connect_all();
  void close_all();
  // When the last has got this batch.
  Clock::time_point all_have(std::uint64_t number);
  template <typename Done>
  void run_until(Done done, const char* what) {
    const auto end = Clock::now() + std::chrono::seconds(30);
    while (!done()) {
      turn(10);
      if (Clock::now() > end) give_up(std::string("not in time: ") + what);
    }
  }

 private:
  struct Stream {
    int socket = -1;
    bool sent = false;
    bool open = false;
    std::uint64_t number = 0;                       // of the last batch
    std::string rest;                               // an unfinished line or head
    std::unique_ptr<net::WebSocketDecoder> frames;  // once it is a WebSocket
  };

  void connect(std::size_t i);
  void turn(int wait_ms);
  void handle(const epoll_event& event);
  void read_ids(Stream& stream);
  void read_frames(Stream& stream);
  void on_message(Stream& stream, const net::WebSocketMessage& message);
  std::uint64_t number_of(std::string_view jws);

  const std::uint16_t port_;
  const Road road_;
  const std::string request_;
  const int poll_;
  std::vector<Stream> streams_;
  std::size_t open_ = 0;
  Clock::time_point last_arrival_;
  std::string last_word_;  // which all of them get
  std::uint64_t last_number_ = 0;
};

}  // namespace rescind::bench
