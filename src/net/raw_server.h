#pragma once
// For tests: answers each connection with prepared bytes, whatever it asks, and closes it.

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace rescind::net {

class RawServer {
 public:
  // One connection for each answer, one after the other.
  explicit RawServer(std::vector<std::string> answers);
  ~RawServer();
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  void serve(const std::vector<std::string>& answers) const;
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace rescind::net
