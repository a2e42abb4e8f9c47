#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <memory>

#include "net/loop_core.h"
#include "net/socket.h"

namespace rescind::net {
namespace asio = boost::asio;

namespace {

using Native = asio::generic::stream_protocol::socket;
using BoostError = boost::system::error_code;

class PlainSocket final : public Socket {
 public:
  PlainSocket(LoopCore& loop, int family, int descriptor)
      : socket_(std::make_shared<Native>(loop.io())) {
    BoostError error;
    socket_->assign(asio::generic::stream_protocol(family, 0), descriptor, error);
    if (error) ::close(descriptor);  // the first read or write says so
    socket_->native_non_blocking(true, error);
  }
  ~PlainSocket() override { shut(); }
  PlainSocket(const PlainSocket&) = delete;
  PlainSocket& operator=(const PlainSocket&) = delete;

  void handshake(SocketUserPtr user) override { user->on_handshake({}); }

  void read(std::span<char> into, SocketUserPtr user) override {
    socket_->async_read_some(asio::buffer(into.data(), into.size()),
                             [user = std::move(user)](const BoostError& error, std::size_t bytes) {
                               user->on_read(bytes,
                                             error == asio::error::eof ? BoostError() : error);
                             });
  }

  std::size_t try_write(std::string_view bytes) override {
    const ssize_t sent =
        ::send(socket_->native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    // An error is found again, and reported, by the write that follows.
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  void write(std::array<std::string_view, 2> bytes, SocketUserPtr user) override {
    const std::array<asio::const_buffer, 2> buffers = {
        asio::buffer(bytes[0].data(), bytes[0].size()),
        asio::buffer(bytes[1].data(), bytes[1].size())};
    asio::async_write(
        *socket_, buffers,
        [socket = socket_, user = std::move(user)](const BoostError& error, std::size_t /*bytes*/) {
          user->on_written(error);
        });
  }

  void end_sending() override {
    BoostError ignored;  // a peer that has gone is found by the read
    socket_->shutdown(Native::shutdown_send, ignored);
  }

  bool is_quiet() override { return net::is_quiet(socket_->native_handle()); }

  void close() override { shut(); }

 private:
  void shut() {
    BoostError ignored;  // the descriptor is gone whatever it says
    socket_->close(ignored);
  }

  // Shared with a write under way, which goes on with it from one part to the next: it may outlive
  // this.
  std::shared_ptr<Native> socket_;
};

}  // namespace

bool is_quiet(int descriptor) {
  char byte = 0;
  return ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::unique_ptr<Socket> make_plain_socket(LoopCore& loop, int family, int descriptor) {
  return std::make_unique<PlainSocket>(loop, family, descriptor);
}

}  // namespace rescind::net
