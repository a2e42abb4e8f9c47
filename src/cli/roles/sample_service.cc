#include "cli/roles/sample_service.h"

#include "base/json.h"
#include "cli/roles/process.h"
#include "daemon/signals.h"
#include "net/http_server.h"

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

Exit run_sample_service(const Invocation& invocation) {
  const auto listen = parse_listen(invocation.option("--listen", "127.0.0.1:0"));
  if (!listen) return report(listen.error());
  net::Loop loop;
  net::ServerOptions options;
  options.address = listen->host;
  options.port = listen->port;
  const auto server = net::Server::open({&loop}, options, answer);
  if (!server) return report(server.error());
  const auto stop = [&loop] { loop.stop(); };
  daemon::handle_signals(loop, {.drain = stop, .quit = stop, .reload = [] {}});
  loop.run();
  return Exit::kOk;
}

}  // namespace rescind::cli
