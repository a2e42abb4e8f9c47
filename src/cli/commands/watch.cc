#include <algorithm>
#include <cstdio>

#include "authority/canary.h"
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"
#include "daemon/signals.h"
#include "feed/batch.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"
#include "net/http_client.h"
#include "net/sse.h"

namespace rescind::cli {
namespace {

std::string shown(const revocation::Revocation& revocation) {
  std::string line =
      revocation.target.claim + "=" + printable(revocation::to_string(revocation.target.value));
  if (revocation.cut) line += " before " + to_string(*revocation.cut);
  return line + " " + std::string(to_string(revocation.reason));
}

// A batch of nothing but the authority's own measuring: for programs, not for people.
bool is_canary(const feed::Batch& batch) {
  return !batch.revocations.empty() &&
         std::ranges::all_of(batch.revocations, [&](const revocation::Revocation& one) {
           return one.target.issuer == batch.issuer &&
                  one.target.claim == revocation::claim::kTokenId &&
                  revocation::to_string(one.target.value).starts_with(authority::Canary::kPrefix);
         });
}

void print_word(const Globals& globals, std::string_view jws) {
  const auto word = feed::read_word(jws);
  if (!word) return;
  if (globals.output != Output::kTable) {
    const auto parts = jwt::split_compact(jws, feed::kMaxBatchBytes);
    const auto payload = parts ? jwt::base64url_decode(parts->payload) : std::nullopt;
    if (payload) std::printf("%s\n", payload->c_str());
  } else if (const auto* batch = std::get_if<feed::Batch>(&word->content);
             batch != nullptr && !is_canary(*batch)) {
    std::printf("%s  %s\n", to_string(batch->position).c_str(),
                batch->kind == feed::Kind::kRules  ? "rules"
                : batch->kind == feed::Kind::kKeys ? "keys"
                : batch->kind == feed::Kind::kTerm ? "term"
                                                   : "revocations");
    for (const auto& revocation : batch->revocations)
      std::printf("  %s\n", shown(revocation).c_str());
  }
  std::fflush(stdout);
}

Exit watch(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto authorization = client_authorization();
  if (!authorization) return report(authorization.error());
  net::Loop loop;
  net::Client client(loop);
  net::EventDecoder decoder;
  Exit exit = Exit::kOk;
  const auto end = [&](Exit how, const std::string& why) {
    exit = report(how, why);
    loop.stop();
  };
  net::StreamRequest request;
  request.url = globals.address + "/v1/feed";
  request.headers = {{"Accept", "text/event-stream"}, {"Authorization", *authorization}};
  const auto stream = client.open_stream(
      std::move(request),
      {.on_head =
           [&](const net::Response& head) {
             if (head.status == 200) return;
             const bool refused = head.status == 401 || head.status == 403;
             end(refused ? Exit::kNotAuthorised : Exit::kUnexpected,
                 "the feed answered " + std::to_string(head.status));
           },
       .on_data =
           [&](std::string_view data) {
             const auto read = decoder.feed(
                 data, [&](const net::Event& event) { print_word(globals, event.data); });
             if (!read) end(Exit::kUnexpected, "the feed's stream cannot be read");
           },
       .on_end = [&](const Error& error) { end(Exit::kUnreachable, error.message); }});
  const auto stop = [&loop] { loop.stop(); };
  daemon::handle_signals(loop, {.drain = stop, .quit = stop, .reload = [] {}});
  loop.run();
  return exit;
}

}  // namespace

std::vector<Command> watch_commands() {
  return {{.words = {"watch"},
           .summary = "the feed as it comes, until interrupted; canaries only with -o json",
           .positionals = {},
           .options = {},
           .run = watch}};
}

}  // namespace rescind::cli
