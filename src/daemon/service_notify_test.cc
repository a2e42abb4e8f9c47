#include "daemon/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace rescind::daemon {
namespace {

// A manager's socket of the abstract space, named after this process.
class Manager {
 public:
  Manager() : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const std::string name = "rescind-notify-test-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    bound_ = ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
    name_ = "@" + name;
  }
  ~Manager() { ::close(descriptor_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  bool bound() const { return bound_; }
  const std::string& name() const { return name_; }
  std::string receive() {
    std::array<char, 256> buffer{};
    const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int descriptor_;
  bool bound_ = false;
  std::string name_;
};

TEST(ServiceNotify, TellsTheManager) {
  Manager manager;
  ASSERT_TRUE(manager.bound());
  const ServiceNotifier notifier(manager.name());
  EXPECT_TRUE(notifier.ready());
  EXPECT_EQ(manager.receive(), "READY=1");
  EXPECT_TRUE(notifier.status("following default\nREADY=1"));
  EXPECT_EQ(manager.receive(), "STATUS=following default READY=1");
  EXPECT_TRUE(notifier.stopping());
  EXPECT_EQ(manager.receive(), "STOPPING=1");
}

TEST(ServiceNotify, DoesNothingWithoutAManager) {
  EXPECT_FALSE(ServiceNotifier(std::nullopt).ready());
  EXPECT_FALSE(ServiceNotifier("").ready());
  EXPECT_FALSE(ServiceNotifier("@rescind-nobody-listens-here").ready());
  EXPECT_FALSE(ServiceNotifier("/" + std::string(200, 'x')).ready());
}

}  // namespace
}  // namespace rescind::daemon
