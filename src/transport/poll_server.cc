#include "transport/poll_server.h"

#include <utility>

#include "transport/feed_server_problem.h"
#include "transport/poll_messages.h"

namespace rescind::transport {
namespace {

net::Response answer(std::shared_ptr<const std::string> body) {
  net::Response response;
  response.content_type = "application/json";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.shared_body = std::move(body);
  return response;
}

}  // namespace

Polls::Body Polls::body_of(const std::vector<Link>& links) const {
  std::vector<std::string_view> batches;
  batches.reserve(links.size());
  for (const Link& link : links) batches.push_back(link.jws());
  const bool is_all = tail_.newest() == links.back().position();
  return std::make_shared<const std::string>(
      encode_poll_answer(batches, is_all ? known_() : std::nullopt));
}

void Polls::open(std::optional<Position> after, Milliseconds wait, net::Responder responder) {
  if (!after) return answer_empty(std::move(responder));
  const Result<std::vector<Link>> links = tail_.after(*after);
  if (!links) return responder.respond(problem(links.error()));
  if (!links->empty()) return responder.respond(answer(body_of(*links)));
  if (wait <= Milliseconds::zero()) return answer_empty(std::move(responder));
  const std::uint64_t id = ++last_id_;
  const net::Loop::TimerId timer = loop_.after(wait, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->end_of_wait(id);
  });
  waiting_.emplace(id, Waiting{std::move(responder), *after, timer});
}

void Polls::answer_empty(net::Responder responder) {
  responder.respond(answer(std::make_shared<const std::string>(encode_poll_answer({}, fresh_()))));
}

void Polls::end_of_wait(std::uint64_t id) {
  auto node = waiting_.extract(id);
  if (!node.empty()) answer_empty(std::move(node.mapped().responder));
}

void Polls::flush() {
  std::optional<Position> cursor;  // of whom `body` is for
  Body body;
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    Waiting& waiting = place->second;
    if (cursor != waiting.after) {
      const Result<std::vector<Link>> links = tail_.after(waiting.after);
      cursor.reset();
      if (!links) {
        loop_.cancel(waiting.timer);
        waiting.responder.respond(problem(links.error()));
        place = waiting_.erase(place);
        continue;
      }
      cursor = waiting.after;
      body = links->empty() ? nullptr : body_of(*links);
    }
    if (!body) {
      ++place;
      continue;
    }
    loop_.cancel(waiting.timer);
    waiting.responder.respond(answer(body));
    place = waiting_.erase(place);
  }
}

void Polls::close_all() {
  auto waiting = std::exchange(waiting_, {});
  for (auto& [id, poll] : waiting) {
    loop_.cancel(poll.timer);
    answer_empty(std::move(poll.responder));
  }
}

}  // namespace rescind::transport
