#include "cli/roles/sample_service.h"

#include "base/json.h"

namespace rescind::cli {
namespace {

void answer(const net::Request& request, net::Responder responder) {
  net::Response response;
  response.content_type = "application/json";
  if (request.path != "/orders") {
    response.status = 404;
    response.body = "{\"title\":\"Not Found\",\"status\":404}\n";
    return responder.respond(std::move(response));
  }
  json::Writer w;
  w.object().name("orders").array().value("A-1").value("A-2").end();
  w.name("headers").object();
  for (const net::Header& header : request.headers) {
    const bool identity = header.name.starts_with("X-") || header.name.starts_with("x-");
    if (identity) w.member(header.name, header.value);
  }
  w.end().end();
  response.body = w.take() + "\n";
  responder.respond(std::move(response));
}

}  // namespace

Result<std::unique_ptr<net::Server>> open_sample_service(net::Loop& loop) {
  return net::Server::open({&loop}, {}, answer);
}

}  // namespace rescind::cli
