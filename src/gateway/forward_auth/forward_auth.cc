#include "gateway/forward_auth/forward_auth.h"

#include <memory>
#include <vector>

#include "gateway/request.h"
#include "gateway/source.h"

namespace rescind::gateway {
namespace {

net::Response response_of(HttpAnswer answer) {
  net::Response response;
  response.status = answer.status;
  response.headers = std::move(answer.headers);
  if (!answer.body.empty()) response.content_type = "application/problem+json";
  response.body = std::move(answer.body);
  return response;
}

std::vector<std::string_view> authorizations(const net::Request& request) {
  std::vector<std::string_view> values;
  for (const net::Header& header : request.headers) {
    if (net::equal_ignoring_case(header.name, "authorization")) values.push_back(header.value);
  }
  return values;
}

// The client's own Connection header: as it is, or as a gateway hands it on that has set its own.
bool abuses_connection(const net::Request& request, const IdentityHeaders& identity) {
  for (const net::Header& header : request.headers) {
    const bool connection = net::equal_ignoring_case(header.name, "connection") ||
                            net::equal_ignoring_case(header.name, "x-original-connection");
    if (connection && identity.named_in_connection(header.value)) return true;
  }
  return false;
}

}  // namespace

ForwardAuth::ForwardAuth(verifier::Verifier& verifier, const Clock& clock, IdentityHeaders identity,
                         AnswerOptions options, strategy::RevocationSource* source)
    : verifier_(verifier),
      clock_(clock),
      identity_(std::move(identity)),
      options_(options),
      source_(source) {}

void ForwardAuth::handle(const net::Request& request, net::Responder responder) {
  if (abuses_connection(request, identity_)) {
    ++counters_.refused;
    return responder.respond(response_of(answer_connection_abuse(identity_, options_)));
  }
  const auto token = find_token(authorizations(request));
  if (!token) {
    ++counters_.refused;
    return responder.respond(response_of(answer(token.error(), identity_, options_)));
  }
  const Now now = clock_.now();
  const verifier::Source source = verifier_.source_named(source_of(request, source_header_));
  const auto wanted = behind_ ? wanted_position(request) : std::nullopt;
  const verifier::Outcome outcome = verifier_.check(*token, now, source, wanted);
  const auto* pending = std::get_if<verifier::Pending>(&outcome);
  if (pending != nullptr && pending->behind) {
    return wait({.token = std::string(*token),
                 .source = source,
                 .wanted = *wanted,
                 .responder = std::move(responder)},
                now);
  }
  conclude(*token, outcome, std::move(responder), now);
}

void ForwardAuth::conclude(std::string_view token, const verifier::Outcome& outcome,
                           net::Responder responder, Now began) {
  if (const auto* decision = std::get_if<Decision>(&outcome)) {
    const auto took = clock_.now().boot - began.boot;
    HttpAnswer answer = decided(*decision, began);
    answer.headers.emplace_back("X-Rescind-Check-Ns", std::to_string(took.count()));
    return responder.respond(response_of(std::move(answer)));
  }
  auto pending = std::get<verifier::Pending>(outcome);
  if (source_ == nullptr) {
    const Decision undecided = verifier::Verifier::finish(pending, verifier::Answer::kUnavailable);
    return responder.respond(response_of(decided(undecided, began)));
  }
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  source_->ask(token, pending, [this, pending, shared](verifier::Answer answer) {
    const Decision decision = verifier::Verifier::finish(pending, answer);
    shared->respond(response_of(decided(decision, clock_.now())));
  });
}

void ForwardAuth::wait_for_positions(Milliseconds wait, std::function<revocation::Position()> head,
                                     std::function<void()> wake) {
  behind_.emplace(wait);
  head_ = std::move(head);
  wake_ = std::move(wake);
}

BootTime ForwardAuth::step(Now now) {
  return behind_ ? behind_->step(now, verifier_.indexes().front()->state().position)
                 : BootTime::max();
}

void ForwardAuth::wait(Question question, Now now) {
  auto shared = std::make_shared<Question>(std::move(question));
  const auto then = [this, shared](Now later) { after_wait(*shared, later); };
  if (!behind_->wait(shared->token, shared->wanted, now.boot, then)) return then(now);
  ++counters_.waited;
  if (wake_) wake_();
}

void ForwardAuth::after_wait(Question& question, Now now) {
  verifier::Outcome outcome =
      verifier_.check(question.token, now, question.source, question.wanted);
  const auto* pending = std::get_if<verifier::Pending>(&outcome);
  if (pending != nullptr && pending->behind) {
    const bool is_signed = head_ && question.wanted <= head_();
    outcome = is_signed ? verifier_.decide_behind(*pending)
                        : verifier_.check(question.token, now, question.source);
  }
  conclude(question.token, outcome, std::move(question.responder), now);
}

HttpAnswer ForwardAuth::decided(const Decision& decision, Now now) {
  if (decision.reason() == Reason::kUnknownKey && unknown_key_) {
    unknown_key_(verifier_.issuer_of_unknown_key());
  }
  if (decision.stale() || decision.reason() == Reason::kStale) {
    ++counters_.stale;
  } else if (decision.accepted()) {
    ++counters_.accepted;
  } else {
    ++counters_.refused;
  }
  return answer(decision, identity_, verifier_.staleness(now), options_);
}

}  // namespace rescind::gateway
