#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rescind::net {
namespace asio = boost::asio;

namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;  // then the connections that are there get their turn
constexpr std::chrono::milliseconds kPause{50};  // without descriptors

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
  sockaddr_storage storage;
};

struct Endpoint {
  Address address{};
  socklen_t size = 0;
  int family() const { return address.any.sa_family; }
};

std::unexpected<Error> cannot_listen(const std::string& address, std::uint16_t port) {
  return fail(ErrorCode::kUnavailable, "cannot listen on " + address +
                                           (port != 0 ? ":" + std::to_string(port) : "") + ": " +
                                           std::strerror(errno));
}

Result<Endpoint> parse_endpoint(const std::string& text, std::uint16_t port) {
  Endpoint endpoint;
  Address& address = endpoint.address;
  if (text.starts_with('/')) {
    if (text.size() >= sizeof address.local.sun_path) {
      return fail(ErrorCode::kInvalid, "the socket's path is too long: " + text);
    }
    address.local.sun_family = AF_UNIX;
    std::memcpy(address.local.sun_path, text.c_str(), text.size() + 1);
    endpoint.size = sizeof address.local;
  } else if (inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    endpoint.size = sizeof address.v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(port);
    endpoint.size = sizeof address.v6;
  } else {
    return fail(ErrorCode::kInvalid, "not an IP address or a socket's path: " + text);
  }
  return endpoint;
}

std::string describe(const Address& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (peer.any.sa_family) {
    case AF_INET:
      inet_ntop(AF_INET, &peer.v4.sin_addr, text.data(), text.size());
      return std::string(text.data()) + ":" + std::to_string(ntohs(peer.v4.sin_port));
    case AF_INET6:
      inet_ntop(AF_INET6, &peer.v6.sin6_addr, text.data(), text.size());
      return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(peer.v6.sin6_port));
    default:
      return "unix";
  }
}

// A socket that a process before us left behind; never a file of another kind.
void remove_socket(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
}

class SocketListener final : public Listener, public std::enable_shared_from_this<SocketListener> {
 public:
  SocketListener(std::shared_ptr<LoopCore> loop, Descriptor descriptor, std::uint16_t port,
                 std::string path)
      : loop_(std::move(loop)), socket_(loop_->io()), port_(port), path_(std::move(path)) {
    boost::system::error_code error;
    socket_.assign(descriptor.get(), error);
    if (!error) descriptor.release();
  }

  std::uint16_t port() const override { return port_; }

  void start(Accepted accepted, Refused refused) override {
    accepted_ = std::move(accepted);
    refused_ = std::move(refused);
    wait();
  }

  void close() override {
    if (!socket_.is_open()) return;
    if (!path_.empty()) ::unlink(path_.c_str());
    loop_->cancel(pause_);
    boost::system::error_code ignored;  // the descriptor is gone whatever it says
    socket_.close(ignored);
    accepted_ = nullptr;
    refused_ = nullptr;
  }

 private:
  void wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error && self->socket_.is_open()) self->accept_some();
                       });
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      Address peer{};
      socklen_t size = sizeof peer;
      Descriptor descriptor(
          ::accept4(socket_.native_handle(), &peer.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (descriptor.get() < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
          refused_();
          pause_ = loop_->after(kPause, [self = shared_from_this()] { self->accept_some(); });
          return;
        }
        continue;  // that one connection has failed (accept(2): network errors)
      }
      const int on = 1;
      if (peer.any.sa_family != AF_UNIX) {
        ::setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      }
      accepted_(std::move(descriptor), peer.any.sa_family, describe(peer));
    }
    wait();
  }

  const std::shared_ptr<LoopCore> loop_;
  asio::posix::stream_descriptor socket_;
  const std::uint16_t port_;
  const std::string path_;
  Loop::TimerId pause_{};
  Accepted accepted_;
  Refused refused_;
};

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open(std::shared_ptr<LoopCore> loop,
                                                 const std::string& address, std::uint16_t port) {
  TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(address, port));
  const bool local = endpoint.family() == AF_UNIX;
  Descriptor descriptor(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (descriptor.get() < 0) return cannot_listen(address, port);
  const int on = 1;
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (local) remove_socket(address);
  if (::bind(descriptor.get(), &endpoint.address.any, endpoint.size) != 0 ||
      ::listen(descriptor.get(), kBacklog) != 0) {
    return cannot_listen(address, port);
  }
  Address bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(descriptor.get(), &bound.any, &size) != 0) return cannot_listen(address, port);
  const std::uint16_t chosen = local                          ? std::uint16_t{0}
                               : endpoint.family() == AF_INET ? ntohs(bound.v4.sin_port)
                                                              : ntohs(bound.v6.sin6_port);
  return std::make_shared<SocketListener>(std::move(loop), std::move(descriptor), chosen,
                                          local ? address : std::string());
}

}  // namespace rescind::net
