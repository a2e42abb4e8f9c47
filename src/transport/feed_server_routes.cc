#include <utility>

#include "net/header_value.h"
#include "net/websocket_handshake.h"
#include "transport/feed_server_body.h"
#include "transport/feed_server_problem.h"
#include "transport/limits.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kFeed = "/v1/feed";
constexpr std::string_view kSegments = "/v1/feed/segments/";

bool accepts(const net::Request& request, std::string_view type) {
  const std::optional<std::string_view> accept = request.headers.find("Accept");
  return accept && accept->find(type) != std::string_view::npos;
}

struct Question {
  std::optional<Position> after;
  Milliseconds wait{0};
  bool is_poll = false;
};

// Last-Event-ID counts only for a stream: it is what a browser says at each reconnect, and newer
// than the `after` of its URL.
Result<Question> question_of(const net::Request& request) {
  TRY_ASSIGN(const net::Form query, request.query_form());
  Question question;
  std::optional<std::string_view> after = query.find("after");
  const std::optional<std::string_view> wait = query.find("wait");
  const bool wants_stream = accepts(request, "text/event-stream");
  question.is_poll = !wants_stream && (wait || accepts(request, "application/json"));
  if (wait) {
    const std::optional<Milliseconds> time = parse_wait(*wait);
    if (!time) return fail(ErrorCode::kInvalid, "\"wait\" is a time such as 25s or 500ms");
    question.wait = *time;
  }
  if (!question.is_poll) {
    const std::optional<std::string_view> last = request.headers.find("Last-Event-ID");
    if (last && !last->empty()) after = last;
  }
  if (!after) return question;
  question.after = revocation::parse_position(*after);
  if (!question.after) {
    return fail(ErrorCode::kInvalid,
                "a position is written term.number, as in the id of an event; 0.0 is the start");
  }
  return question;
}

net::Response with_caching(net::Response response, std::string_view caching) {
  response.headers.emplace_back("Cache-Control", caching);
  return response;
}

net::Response method_not_allowed(std::string_view allowed) {
  net::Response response = problem(405, "methods known here: " + std::string(allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

void FeedServer::Body::handle(net::Responder responder) {
  const net::Request& request = responder.request();
  const std::string_view path = request.path;
  if (path == "/v1/feed/receipts") {
    if (request.method != net::Method::kPost) return responder.respond(method_not_allowed("POST"));
    return receipt(std::move(responder));
  }
  if (path == "/v1/feed/lost") {
    if (request.method != net::Method::kPost) return responder.respond(method_not_allowed("POST"));
    return lost(std::move(responder));
  }
  if (request.method != net::Method::kGet && request.method != net::Method::kHead) {
    return responder.respond(method_not_allowed("GET, HEAD"));
  }
  if (path == kFeed) return feed(std::move(responder));
  if (path == "/v1/feed/snapshot") return snapshot(std::move(responder));
  if (path == "/v1/feed/keys") return feed_keys(std::move(responder));
  if (path.starts_with(kSegments)) {
    return segment(std::move(responder), path.substr(kSegments.size()));
  }
  responder.respond(problem(404, "the feed has no such resource"));
}

void FeedServer::Body::feed(net::Responder responder) {
  const net::Request& request = responder.request();
  const Result<Question> question = question_of(request);
  if (!question) return responder.respond(problem(question.error()));
  if (net::asks_for_websocket(request)) {
    net::Response answer = net::answer_websocket(request);
    if (answer.status != 101) return responder.respond(std::move(answer));
    return sockets->open(question->after, std::move(responder));
  }
  if (question->is_poll) return polls->open(question->after, question->wait, std::move(responder));
  streams->open(question->after, std::move(responder));
}

void FeedServer::Body::snapshot(net::Responder responder) {
  snapshots->manifest([responder = std::move(responder)](auto manifest) mutable {
    if (!manifest) return responder.respond(problem(manifest.error()));
    net::Response response;
    response.content_type = "application/jose";
    response.shared_body = *std::move(manifest);
    responder.respond(with_caching(std::move(response), "no-cache"));
  });
}

void FeedServer::Body::segment(net::Responder responder, std::string_view name) {
  Digest digest;
  const bool is_digest = from_hex(name, digest);
  FeedSnapshots::Text text = is_digest ? snapshots->segment(digest) : nullptr;
  if (!text) {
    return responder.respond(
        problem(404, "no recent snapshot has this segment; take the manifest anew"));
  }
  net::Response response;
  response.content_type = "application/octet-stream";
  response.shared_body = std::move(text);
  responder.respond(with_caching(std::move(response), "public, max-age=31536000, immutable"));
}

void FeedServer::Body::feed_keys(net::Responder responder) {
  if (!options.keys) return responder.respond(problem(404, "the feed's keys are not served here"));
  net::Response response;
  response.content_type = "application/jwk-set+json";
  response.body = options.keys();
  responder.respond(with_caching(std::move(response), "no-cache"));
}

void FeedServer::Body::receipt(net::Responder responder) {
  const net::Request& request = responder.request();
  const auto type = request.headers.find("Content-Type");
  if (!type || !net::is_media_type(*type, "application/json")) {
    return responder.respond(problem(415, "a receipt is sent as application/json"));
  }
  const std::string body(request.body);
  // std::function copies what it holds, and a Responder cannot be copied.
  const auto shared = std::make_shared<net::Responder>(std::move(responder));
  take_receipt(body, [shared](net::Response answer) { shared->respond(std::move(answer)); });
}

void FeedServer::Body::take_receipt(std::string_view receipt,
                                    std::function<void(net::Response)> answer) {
  if (!options.receive) return answer(problem(404, "receipts are not taken here"));
  Result<feed::Report> report = parse_report(receipt);
  if (!report) return answer(problem(report.error()));
  options.receive(*std::move(report), [answer = std::move(answer)](const Result<void>& taken) {
    net::Response response;
    response.status = 204;
    answer(taken ? std::move(response) : problem(taken.error()));
  });
}

void FeedServer::Body::lost(net::Responder responder) {
  if (!options.take_back) return responder.respond(problem(404, "lost batches are not taken here"));
  const net::Request& request = responder.request();
  const auto type = request.headers.find("Content-Type");
  if (!type || !net::is_media_type(*type, "application/json")) {
    return responder.respond(problem(415, "lost batches are sent as application/json"));
  }
  Result<PollAnswer> words = parse_poll_answer(request.body);
  if (!words || words->batches.empty()) {
    return responder.respond(problem(400, "lost batches are sent as {\"batches\":[…]}"));
  }
  const auto shared = std::make_shared<net::Responder>(std::move(responder));
  options.take_back(std::move(words->batches), [shared](const Result<bool>& more) {
    if (!more) return shared->respond(problem(more.error()));
    net::Response response;
    response.status = *more ? 202 : 204;
    shared->respond(std::move(response));
  });
}

}  // namespace rescind::transport
