#pragma once
// A listening socket: tells of each accepted connection on the loop's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "net/loop_core.h"

namespace rescind::net {

class Listener {
 public:
  // family, AF_INET, AF_INET6 or AF_UNIX, and the peer's name.
  using Accepted = std::function<void(Descriptor, int family, std::string peer)>;
  using Refused = std::function<void()>;

  // Listens from now on; kUnavailable where the address cannot be had.
  static Result<std::shared_ptr<Listener>> open(std::shared_ptr<LoopCore> loop,
                                                const std::string& address, std::uint16_t port);
  virtual ~Listener() = default;

  virtual std::uint16_t port() const = 0;
  // On the loop's thread. `refused`: there was no descriptor for a connection; it waits.
  virtual void start(Accepted accepted, Refused refused) = 0;
  virtual void close() = 0;
};

}  // namespace rescind::net
