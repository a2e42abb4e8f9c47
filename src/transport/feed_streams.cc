#include "transport/feed_streams.h"

#include <utility>

#include "transport/feed_server_problem.h"
#include "transport/limits.h"

namespace rescind::transport {
namespace {

using Frame = std::shared_ptr<const std::string>;

Frame shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string joined(const StreamForm& form, const std::vector<Link>& links) {
  std::size_t size = 0;
  for (const Link& link : links) size += link.frame()->size();
  std::string text;
  text.reserve(size);
  for (const Link& link : links) form.append(text, link);
  return text;
}

Frame heartbeat_frame(const StreamForm& form, std::string_view jws) {
  std::string text;
  form.append_heartbeat(text, jws);
  return shared(std::move(text));
}

}  // namespace

void FeedStreams::open(std::optional<Position> after, net::Responder responder) {
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
  StreamForm::Opened opened = form_->open(std::move(responder));
  Open& open = streams_[id];
  open.cursor = *after;
  open.stream = std::move(opened.stream);
  open.lives = std::move(opened.lives);
  open.stream->on_close([&loop = loop_, weak = weak_from_this(), id] {
    if (weak.expired()) return;  // and so may the loop be
    loop.post([weak, id] {
      if (const auto self = weak.lock()) self->streams_.erase(id);
    });
  });
  const bool sent = open.stream->send(shared(form_->greeting())) &&
                    (chunk.empty() ? go_live(open) : send_chunk(id, open, chunk));
  if (!sent) drop(streams_.find(id));
}

bool FeedStreams::go_live(Open& open) {
  open.live = true;
  const std::optional<std::string> heartbeat = heartbeat_();
  return !heartbeat || open.stream->send(heartbeat_frame(*form_, *heartbeat));
}

bool FeedStreams::send_chunk(std::uint64_t id, Open& open, const std::vector<Link>& chunk) {
  open.live = false;
  open.cursor = chunk.back().position();
  // The stream lets go of the text when it has been written: then it is time for the next one.
  const Frame text(new std::string(joined(*form_, chunk)),
                   [&loop = loop_, weak = weak_from_this(), id](const std::string* written) {
                     delete written;
                     if (weak.expired()) return;  // and so may the loop be
                     loop.post([weak, id] {
                       if (const auto self = weak.lock()) self->advance(id);
                     });
                   });
  return open.stream->send(text);
}

void FeedStreams::advance(std::uint64_t id) {
  const auto place = streams_.find(id);
  if (place == streams_.end() || place->second.live) return;
  Open& open = place->second;
  const Result<std::vector<Link>> chunk = tail_.after(open.cursor);
  if (!chunk) {
    // The log cannot be read now, or has let go of what comes next: the follower is told when it
    // asks anew.
    end(open);
    streams_.erase(place);
    return;
  }
  if (!(chunk->empty() ? go_live(open) : send_chunk(id, open, *chunk))) drop(place);
}

void FeedStreams::published(const Link& link) {
  const bool follows =
      pending_.empty() || link.position().number == pending_.back().position().number + 1;
  if (!follows || pending_bytes_ + link.frame()->size() > kChunkBytes) flush();
  pending_.push_back(link);
  pending_bytes_ += link.frame()->size();
}

void FeedStreams::flush() {
  if (pending_.empty()) return;
  const std::vector<Link> links = std::exchange(pending_, {});
  pending_bytes_ = 0;
  if (streams_.empty()) return;
  const Frame text = shared(joined(*form_, links));
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

void FeedStreams::send_heartbeat(std::string_view jws) {
  flush();
  if (streams_.empty()) return;
  const Frame text = heartbeat_frame(*form_, jws);
  for (auto place = streams_.begin(); place != streams_.end();) {
    const auto next = std::next(place);
    const Open& open = place->second;
    const bool goes_on = !open.live || ((!open.lives || open.lives()) && open.stream->send(text));
    if (!goes_on) drop(place);
    place = next;
  }
}

void FeedStreams::end(Open& open) {
  open.stream->send(shared(form_->farewell()));
  open.stream->close();
}

void FeedStreams::drop(Streams::iterator place) {
  ++cut_off_;
  streams_.erase(place);
}

void FeedStreams::close_all() {
  flush();
  for (auto& [id, open] : streams_) end(open);
  streams_.clear();
}

}  // namespace rescind::transport
