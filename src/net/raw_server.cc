#include "net/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/check.h"

namespace rescind::net {

RawServer::RawServer(std::vector<std::string> answers) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  CHECK(::bind(descriptor_, any, size) == 0 && ::listen(descriptor_, 16) == 0);
  CHECK(::getsockname(descriptor_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, given = std::move(answers)] { serve(given); });
}

RawServer::~RawServer() {
  ::shutdown(descriptor_, SHUT_RDWR);  // wakes accept()
  thread_.join();
  ::close(descriptor_);
}

void RawServer::serve(const std::vector<std::string>& answers) const {
  for (const std::string& answer : answers) {
    const int peer = ::accept(descriptor_, nullptr, nullptr);
    if (peer < 0) return;
    std::array<char, 4096> request;
    if (::recv(peer, request.data(), request.size(), 0) > 0) {
      ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    ::close(peer);
  }
}

}  // namespace rescind::net
