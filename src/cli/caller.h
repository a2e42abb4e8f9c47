#pragma once
// One URL asked again and again, as a browser's requests or a service's: on a connection that is
// kept. Blocking; one thread.

#include <memory>
#include <string>

#include "base/clock.h"
#include "net/http_client.h"

namespace rescind::cli {

class Caller {
 public:
  // Without a token no Authorization is sent.
  Caller(std::string url, std::string token, Milliseconds timeout = Milliseconds(15'000));

  Result<net::Response> get();
  // The same on a connection of its own, which behind a balancer may lead elsewhere.
  Result<net::Response> get_anew();

 private:
  std::string url_;
  std::string token_;
  Milliseconds timeout_;
  net::Loop loop_;
  std::unique_ptr<net::Client> client_;
};

// What a refusal's challenge says ("signed out"), or "refused".
std::string told_reason(const net::Response& refusal);

}  // namespace rescind::cli
