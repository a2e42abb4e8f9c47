#pragma once
// For tests: a blocking socket that sends bytes as they are and reads what comes. Its reads give up
// after ten seconds, so that a failure is not a hang.

#include <cstdint>
#include <string>
#include <string_view>

namespace rescind::net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  // A Unix domain socket.
  explicit RawClient(const std::string& path);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  bool send(std::string_view bytes);
  void end_sending();
  // Reads until the text has come (all that was read up to now is returned, and forgotten), the
  // connection ends, or the time is over.
  std::string read_until(std::string_view text);
  // Reads until the connection ends.
  std::string read_all() { return read_until({}); }
  // One response with a Content-Length, head and body.
  std::string read_response();
  // Makes the receive buffer small, so that the server soon waits. Call it first.
  static RawClient slow_reader(std::uint16_t port);

 private:
  RawClient() = default;
  void connect_to(std::uint16_t port);
  bool read_more();
  int descriptor_ = -1;
  std::string seen_;
};

// What a peer would see in one go: sends the bytes, ends its side, reads to the end.
std::string exchange(std::uint16_t port, std::string_view bytes);

}  // namespace rescind::net
