#pragma once
// One connected byte stream, plain or TLS, for the .cc files of net alone. One thread: the loop's.
//
// At most one read and one write are under way at a time. A user is kept alive until what it asked
// for has been reported; after close() all that was under way is reported soon, as an error. A
// Socket may be destroyed after close() at any time, and has to be before its loop ends.

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace rescind::net {

class LoopCore;
class TlsContext;

class SocketUser {
 public:
  virtual ~SocketUser() = default;
  // An empty text means that bytes may flow; else what went wrong.
  virtual void on_handshake(const std::string& problem) = 0;
  // No bytes and no error: the peer has ended its side in order.
  virtual void on_read(std::size_t bytes, const std::error_code& error) = 0;
  virtual void on_written(const std::error_code& error) = 0;
};
using SocketUserPtr = std::shared_ptr<SocketUser>;

class Socket {
 public:
  virtual ~Socket() = default;
  // Once, before all else; for a plain socket there is nothing to do, and it reports at once.
  virtual void handshake(SocketUserPtr user) = 0;
  virtual void read(std::span<char> into, SocketUserPtr user) = 0;
  // Writes what goes without waiting; the number of bytes taken. Not while a write is under way.
  virtual std::size_t try_write(std::string_view bytes) = 0;
  // Writes all of both; they stay as they are until it is reported.
  virtual void write(std::array<std::string_view, 2> bytes, SocketUserPtr user) = 0;
  // Says that nothing more will be sent. Reading goes on, up to the peer's own end.
  virtual void end_sending() = 0;
  // Open, and nothing has come that was not read. While no operation is under way.
  virtual bool is_quiet() = 0;
  virtual void close() = 0;
};

// Both take over an open descriptor of `family` (AF_INET, AF_INET6, AF_UNIX).
std::unique_ptr<Socket> make_plain_socket(LoopCore& loop, int family, int descriptor);
// `host` is the name to check, for a client; empty for a server.
std::unique_ptr<Socket> make_tls_socket(LoopCore& loop, int family, int descriptor,
                                        std::shared_ptr<const TlsContext> context,
                                        const std::string& host);

// What is_quiet() asks of the kernel.
bool is_quiet(int descriptor);

}  // namespace rescind::net
