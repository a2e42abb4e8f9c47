#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

#include "net/loop.h"
#include "net/socket.h"

namespace rescind::net {
namespace {

struct Written final : SocketUser {
  void on_handshake(const std::string& /*problem*/) override {}
  void on_read(std::size_t /*bytes*/, const std::error_code& /*error*/) override {}
  void on_written(const std::error_code& error) override {
    ++reports;
    failed = static_cast<bool>(error);
    loop->stop();
  }
  Loop* loop = nullptr;
  int reports = 0;
  bool failed = false;
};

// The write goes part by part; between two of them the socket may have gone, whose next part is
// then refused. Where between depends on the order of events in the loop: each is tried.
TEST(PlainSocket, MayGoWhileAWriteIsUnderWay) {
  const std::string half(std::size_t{1} << 20U, 'x');
  std::string drained(half.size(), '\0');
  for (int turns = 0; turns < 8; ++turns) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    Loop loop;
    auto socket = make_plain_socket(*loop.core(), AF_UNIX, ends[0]);
    const auto user = std::make_shared<Written>();
    user->loop = &loop;
    const std::function<void(int)> go_after = [&](int left) {
      if (left > 0) return loop.post([&, left] { go_after(left - 1); });
      socket->close();
      socket.reset();
    };
    loop.post([&] {
      socket->write({half, half}, user);
      loop.post([&] {
        EXPECT_GT(::recv(ends[1], drained.data(), drained.size(), 0), 0);
        go_after(turns);
      });
    });
    loop.run();
    EXPECT_EQ(user->reports, 1);
    EXPECT_TRUE(user->failed);
    ::close(ends[1]);
  }
}

}  // namespace
}  // namespace rescind::net
