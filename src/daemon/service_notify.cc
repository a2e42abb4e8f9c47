#include "daemon/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace rescind::daemon {

ServiceNotifier ServiceNotifier::from_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return ServiceNotifier(socket == nullptr ? std::nullopt : std::optional<std::string>(socket));
}

bool ServiceNotifier::status(std::string_view line) const {
  std::string state = "STATUS=" + std::string(line);
  std::ranges::replace(state, '\n', ' ');
  return send(state);
}

bool ServiceNotifier::send(std::string_view state) const {
  sockaddr_un address{};
  if (!socket_ || socket_->empty() || socket_->size() >= sizeof(address.sun_path)) return false;
  address.sun_family = AF_UNIX;
  std::ranges::copy(*socket_, address.sun_path);
  const bool abstract = address.sun_path[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  const std::size_t size = offsetof(sockaddr_un, sun_path) + socket_->size() + (abstract ? 0U : 1U);

  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const ssize_t sent =
      ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
  ::close(descriptor);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace rescind::daemon
