#pragma once
// Tells the service manager (systemd, Type=notify) how the process is: sd_notify's datagrams to
// NOTIFY_SOCKET, without its library. Where there is no such socket nothing happens.
//
// Made once at start, before threads; then thread-safe. One system call each.

#include <optional>
#include <string>
#include <string_view>

namespace rescind::daemon {

class ServiceNotifier {
 public:
  // `socket` is a path, or `@name` of Linux's abstract space; nothing: there is no manager.
  explicit ServiceNotifier(std::optional<std::string> socket) : socket_(std::move(socket)) {}
  // From the process's environment.
  static ServiceNotifier from_environment();

  // Ready for traffic: what waits for this service goes on.
  bool ready() const { return send("READY=1"); }
  bool stopping() const { return send("STOPPING=1"); }
  // One line for `systemctl status`.
  bool status(std::string_view line) const;

 private:
  // False where the manager could not be told; the service goes on all the same.
  bool send(std::string_view state) const;

  std::optional<std::string> socket_;
};

}  // namespace rescind::daemon
