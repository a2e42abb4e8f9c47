#include "daemon/admin_endpoints.h"

#include <utility>

namespace rescind::daemon {
namespace {

net::Response answer(int status, const char* content_type, std::string body) {
  return {.status = status,
          .content_type = content_type,
          .headers = {{"Cache-Control", "no-store"}},
          .body = std::move(body),
          .shared_body = nullptr};
}

net::Response readiness(const Health& health) {
  const Health::Report report = health.report();
  net::Response response =
      answer(report.ready ? 200 : 503, "application/json", health_json(report));
  if (!report.ready) response.headers.emplace_back("Retry-After", "1");
  return response;
}

// An RFC 9457 problem.
net::Response problem(int status) {
  std::string body = R"({"status":)" + std::to_string(status) + R"(,"title":")" +
                     std::string(net::status_phrase(status)) + "\"}";
  return answer(status, "application/problem+json", std::move(body));
}

}  // namespace

net::Handler admin_endpoints(const Health& health, const Metrics& metrics, net::Handler next) {
  return [&health, &metrics, next = std::move(next)](const net::Request& request,
                                                     net::Responder responder) {
    const bool live = request.path == "/healthz/live";
    const bool ready = request.path == "/healthz/ready";
    if (!live && !ready && request.path != "/metrics") {
      if (next) return next(request, std::move(responder));
      return responder.respond(problem(404));
    }
    if (request.method != net::Method::kGet && request.method != net::Method::kHead) {
      net::Response refused = problem(405);
      refused.headers.emplace_back("Allow", "GET, HEAD");
      return responder.respond(std::move(refused));
    }
    // Whoever can answer at all lives.
    if (live) return responder.respond(answer(200, "application/json", R"({"live":true})"));
    if (ready) return responder.respond(readiness(health));
    responder.respond(answer(200, Metrics::kContentType, metrics.text()));
  };
}

}  // namespace rescind::daemon
