// Loads an authority with what it has to commit, and prints what it answered, as JSON.
//
//   write_load --what revoke|refresh --port P --authorization "Basic …" --clients 64
//              --per-request N --run WORD --warm-up-ms N --duration-ms N
//
// revoke: each request revokes so many sessions that nobody else revokes (WORD makes them other
// ones than the last run's). refresh: each client opens a session and rotates its own chain.

#include <cstdio>

#include "arguments.h"
#include "closed_loop.h"

namespace rescind::bench {
namespace {

constexpr int kCreated = 201;
constexpr int kOk = 200;

// The value of a member whose value is a plain string, in JSON that a Writer of ours has written.
std::string_view text_member(std::string_view json, std::string_view name) {
  const std::size_t at = json.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = json.substr(at + name.size());
  return rest.substr(0, rest.find('"'));
}
constexpr std::string_view kRefreshToken = "\"refresh_token\":\"";

class Revoking {
 public:
  Revoking(std::string authorization, std::string run, std::uint64_t per_request)
      : authorization_(std::move(authorization)), run_(std::move(run)), per_request_(per_request) {}

  std::string next() {
    if (per_request_ == 1) return post("/v1/revocations", authorization_, one());
    std::string body = "{\"revocations\":[";
    for (std::uint64_t i = 0; i < per_request_; ++i) {
      if (i > 0) body += ',';
      body += one();
    }
    return post("/v1/revocations", authorization_, body + "]}");
  }

 private:
  // A session's identifier is as long as a real one.
  std::string one() {
    std::string number = std::to_string(++number_);
    number.insert(0, 12 - std::min<std::size_t>(number.size(), 12), '0');
    return "{\"claim\":\"sid\",\"value\":\"" + run_ + "-" + number + "\"}";
  }

  std::string authorization_;
  std::string run_;
  std::uint64_t per_request_;
  std::uint64_t number_ = 0;
};

class Refreshing {
 public:
  Refreshing(std::string authorization, std::size_t clients)
      : authorization_(std::move(authorization)), tokens_(clients) {}

  std::string next(std::size_t client) const {
    if (tokens_[client].empty()) {
      const std::string subject = "user-" + std::to_string(client);
      return post("/v1/sessions", authorization_,
                  "{\"client_id\":\"portal\",\"subject\":\"" + subject + "\"}");
    }
    return post("/v1/refresh-token", authorization_,
                "{\"refresh_token\":\"" + tokens_[client] + "\"}");
  }
  bool answered(std::size_t client, int status, std::string_view body) {
    if (status != (tokens_[client].empty() ? kCreated : kOk)) return false;
    const std::string_view token = text_member(body, kRefreshToken);
    if (token.empty() || token == tokens_[client]) return false;
    tokens_[client] = token;
    return true;
  }

 private:
  std::string authorization_;
  std::vector<std::string> tokens_;
};

void print(Loaded loaded, std::uint64_t per_request) {
  const double per_second =
      static_cast<double>(loaded.counted * per_request) / std::max(loaded.seconds, 1e-9);
  std::printf(
      "{\"per_second\":%.1f,\"total\":%llu,\"wrong\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
      per_second, static_cast<unsigned long long>(loaded.total * per_request),
      static_cast<unsigned long long>(loaded.wrong), quantile(loaded.latencies, 0.5),
      quantile(loaded.latencies, 0.99));
}

int main_with(const Arguments& arguments) {
  Load load;
  load.port = arguments.ports("--port").at(0);
  load.clients = arguments.number("--clients");
  load.warm_up = std::chrono::milliseconds(arguments.number("--warm-up-ms"));
  load.duration = std::chrono::milliseconds(arguments.number("--duration-ms"));
  const std::string authorization = arguments.text("--authorization");
  const std::uint64_t per_request = arguments.number("--per-request");

  Revoking revoking(authorization, arguments.text("--run"), per_request);
  Refreshing refreshing(authorization, load.clients);
  if (arguments.text("--what") == "revoke") {
    load.next = [&](std::size_t) { return revoking.next(); };
    load.answered = [](std::size_t, int status, std::string_view) { return status == kCreated; };
  } else {
    load.next = [&](std::size_t client) { return refreshing.next(client); };
    load.answered = [&](std::size_t client, int status, std::string_view body) {
      return refreshing.answered(client, status, body);
    };
  }
  print(run(load), per_request);
  return 0;
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  return rescind::bench::main_with(rescind::bench::Arguments(argc, argv));
}
