#include "strategy/introspection.h"

#include "base/json.h"
#include "net/basic_auth.h"
#include "net/form.h"

namespace rescind::strategy {

verifier::Answer read_answer(const Result<net::Response>& response) {
  if (!response || response->status != 200) return verifier::Answer::kUnavailable;
  json::Reader reader;
  const auto body = reader.parse(response->body, {.bytes = 65'536, .depth = 8, .members = 1024});
  if (!body) return verifier::Answer::kUnavailable;
  const auto member = body->find("active");
  const auto active = member ? member->boolean() : std::nullopt;
  if (!active) return verifier::Answer::kUnavailable;
  return *active ? verifier::Answer::kActive : verifier::Answer::kInactive;
}

Introspection::Introspection(net::Client& client, Options options)
    : client_(client),
      options_(std::move(options)),
      authorization_(net::basic_authorization(options_.client_id, options_.client_secret.expose())),
      under_way_(std::make_shared<std::size_t>(0)) {}

void Introspection::ask(std::string_view token, const verifier::Pending& /*pending*/, Then then) {
  if (*under_way_ >= options_.at_once) return then(verifier::Answer::kUnavailable);
  ++*under_way_;
  net::FetchRequest request;
  request.method = net::Method::kPost;
  request.url = options_.url;
  request.headers = {{"Authorization", authorization_}, {"Accept", "application/json"}};
  request.content_type = "application/x-www-form-urlencoded";
  request.body = net::encode_form({{"token", token}, {"token_type_hint", "access_token"}});
  request.connect_timeout = options_.timeout;
  request.timeout = options_.timeout;
  request.max_body = 65'536;
  client_.fetch(std::move(request),
                [then = std::move(then), under_way = under_way_](Result<net::Response> response) {
                  --*under_way;
                  then(read_answer(response));
                });
}

}  // namespace rescind::strategy
