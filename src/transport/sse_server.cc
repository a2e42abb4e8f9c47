#include "transport/sse_server.h"

#include "net/sse.h"
#include "transport/feed_server_problem.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

net::Response stream_head() {
  net::Response head;
  head.content_type = net::kEventStreamType;
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return head;
}

std::string joined(const std::vector<Link>& links) {
  std::size_t size = 0;
  for (const Link& link : links) size += link.frame()->size();
  std::string text;
  text.reserve(size);
  for (const Link& link : links) text += *link.frame();
  return text;
}

using Frame = std::shared_ptr<const std::string>;

// Says at once that the stream is open; a browser that loses it tries again after a second.
Frame greeting() {
  std::string text;
  net::append_retry(text, std::chrono::seconds(1));
  return std::make_shared<const std::string>(std::move(text));
}

Frame heartbeat_frame(std::string_view jws) {
  std::string text;
  net::append_event(text, {.id = {}, .type = {}, .data = jws});
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

void SseStreams::open(std::optional<Position> after, net::Responder responder) {
  std::vector<Link> chunk;
  if (after) {
    Result<std::vector<Link>> first = tail_.after(*after);
    if (!first) return responder.respond(problem(first.error()));
    chunk = *std::move(first);
  } else {
    const Result<Position> head = tail_.head();
    if (!head) return responder.respond(problem(head.error()));
    after = *head;
  }
  const std::uint64_t id = ++last_id_;
  Open& open = streams_[id];
  open.cursor = *after;
  open.stream = responder.stream(stream_head());
  open.stream->on_close([&loop = loop_, weak = weak_from_this(), id] {
    if (weak.expired()) return;  // and so may the loop be
    loop.post([weak, id] {
      if (const auto self = weak.lock()) self->streams_.erase(id);
    });
  });
  const bool sent = open.stream->send(greeting()) &&
                    (chunk.empty() ? go_live(open) : send_chunk(id, open, chunk));
  if (!sent) drop(streams_.find(id));
}

bool SseStreams::go_live(Open& open) {
  open.live = true;
  const std::optional<std::string> heartbeat = heartbeat_();
  return !heartbeat || open.stream->send(heartbeat_frame(*heartbeat));
}

bool SseStreams::send_chunk(std::uint64_t id, Open& open, const std::vector<Link>& chunk) {
  open.live = false;
  open.cursor = chunk.back().position();
  // The stream lets go of the text when it has been written: then it is time for the next one.
  const Frame text(new std::string(joined(chunk)),
                   [&loop = loop_, weak = weak_from_this(), id](const std::string* written) {
                     delete written;
                     if (weak.expired()) return;  // and so may the loop be
                     loop.post([weak, id] {
                       if (const auto self = weak.lock()) self->advance(id);
                     });
                   });
  return open.stream->send(text);
}

void SseStreams::advance(std::uint64_t id) {
  const auto place = streams_.find(id);
  if (place == streams_.end() || place->second.live) return;
  Open& open = place->second;
  const Result<std::vector<Link>> chunk = tail_.after(open.cursor);
  if (!chunk) {
    // The log cannot be read now, or has let go of what comes next: the follower is told when it
    // asks anew.
    open.stream->close();
    streams_.erase(place);
    return;
  }
  if (!(chunk->empty() ? go_live(open) : send_chunk(id, open, *chunk))) drop(place);
}

void SseStreams::published(const Link& link) {
  const bool follows =
      pending_.empty() || link.position().number == pending_.back().position().number + 1;
  if (!follows || pending_bytes_ + link.frame()->size() > kChunkBytes) flush();
  pending_.push_back(link);
  pending_bytes_ += link.frame()->size();
}

void SseStreams::flush() {
  if (pending_.empty()) return;
  const std::vector<Link> links = std::exchange(pending_, {});
  pending_bytes_ = 0;
  const Frame text = links.size() == 1 ? links.front().frame()
                                       : std::make_shared<const std::string>(joined(links));
  for (auto place = streams_.begin(); place != streams_.end();) {
    const std::uint64_t id = place->first;
    Open& open = (place++)->second;
    if (!open.live || open.cursor >= links.back().position()) continue;
    if (open.cursor.number + 1 == links.front().position().number) {
      open.cursor = links.back().position();
      if (!open.stream->send(text)) drop(streams_.find(id));
    } else {
      // It has read the log beyond the first of these, or is of a history that ended.
      open.live = false;
      advance(id);
    }
  }
}

void SseStreams::send_heartbeat(std::string_view jws) {
  flush();
  const Frame text = heartbeat_frame(jws);
  for (auto place = streams_.begin(); place != streams_.end();) {
    const auto next = std::next(place);
    if (place->second.live && !place->second.stream->send(text)) drop(place);
    place = next;
  }
}

void SseStreams::drop(Streams::iterator place) {
  ++cut_off_;
  streams_.erase(place);
}

void SseStreams::close_all() {
  flush();
  for (auto& [id, open] : streams_) open.stream->close();
  streams_.clear();
}

}  // namespace rescind::transport
