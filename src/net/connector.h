#pragma once
// Resolves a name and connects to its addresses, one after the other. For net's .cc files; the
// loop's thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "net/loop_core.h"

namespace rescind::net {

struct Connected {
  Descriptor descriptor;
  int family;
};

class Connector {
 public:
  using Callback = std::move_only_function<void(Result<Connected>)>;

  virtual ~Connector() = default;
  // The callback will not be called any more.
  virtual void cancel() = 0;
};

// Each address gets its share of what is left of the time. The callback never comes within this
// call.
std::shared_ptr<Connector> connect(LoopCore& loop, const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout, Connector::Callback callback);

}  // namespace rescind::net
