#include "net/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace rescind::net {
namespace {

void set_patience(int descriptor) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

RawClient::RawClient(std::uint16_t port) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connect_to(port);
}

RawClient::RawClient(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  set_patience(descriptor_);
}

RawClient RawClient::slow_reader(std::uint16_t port) {
  RawClient client;
  client.descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int size = 4096;
  ::setsockopt(client.descriptor_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  client.connect_to(port);
  return client;
}

void RawClient::connect_to(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  set_patience(descriptor_);
}

RawClient::RawClient(RawClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), seen_(std::move(other.seen_)) {}

RawClient::~RawClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::end_sending() { ::shutdown(descriptor_, SHUT_WR); }

bool RawClient::read_more() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  seen_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::read_until(std::string_view text) {
  while (text.empty() || seen_.find(text) == std::string::npos) {
    if (!read_more()) return std::exchange(seen_, {});
  }
  const std::size_t size = seen_.find(text) + text.size();
  std::string found = seen_.substr(0, size);
  seen_.erase(0, size);
  return found;
}

std::string RawClient::read_response() {
  std::string response = read_until("\r\n\r\n");
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = response.find(kLength);
  if (at == std::string::npos) return response;
  std::size_t length = 0;
  std::from_chars(response.data() + at + kLength.size(), response.data() + response.size(), length);
  while (seen_.size() < length && read_more()) {
  }
  response += seen_.substr(0, length);
  seen_.erase(0, length);
  return response;
}

std::string exchange(std::uint16_t port, std::string_view bytes) {
  RawClient client(port);
  client.send(bytes);
  client.end_sending();
  return client.read_all();
}

}  // namespace rescind::net
