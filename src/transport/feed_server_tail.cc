#include "transport/feed_server_tail.h"

#include <algorithm>

#include "net/sse.h"
#include "transport/limits.h"

namespace rescind::transport {

Link::Link(const feed::Sealed& batch) : position_(batch.position), jws_size_(batch.jws.size()) {
  const std::string id = revocation::to_string(batch.position);
  std::string frame;
  net::append_event(frame, {.id = id, .type = {}, .data = batch.jws});
  jws_at_ = frame.find(batch.jws, id.size());
  frame_ = std::make_shared<const std::string>(std::move(frame));
}

bool FeedTail::push(const Link& link) {
  if (!links_.empty()) {
    const Position newest = links_.back().position();
    if (link.position() == newest) return false;
    if (link.position() < newest || link.position().number != newest.number + 1) clear();
  }
  links_.push_back(link);
  bytes_ += link.frame()->size();
  trim();
  return true;
}

void FeedTail::clear() {
  links_.clear();
  floor_.reset();
  bytes_ = 0;
}

void FeedTail::trim() {
  while (links_.size() > kMaxTailBatches || (bytes_ > kMaxTailBytes && links_.size() > 1)) {
    floor_ = links_.front().position();
    bytes_ -= links_.front().frame()->size();
    links_.pop_front();
  }
}

std::optional<std::size_t> FeedTail::place_after(Position after) const {
  if (links_.empty()) return std::nullopt;
  if (floor_ == after) return 0;
  const std::uint64_t first = links_.front().position().number;
  if (after.number < first || after.number - first >= links_.size()) return std::nullopt;
  const auto place = static_cast<std::size_t>(after.number - first);
  // The same number in another term is of another history: the log knows.
  if (links_[place].position() != after) return std::nullopt;
  return place + 1;
}

Result<std::vector<Link>> FeedTail::after(Position after) {
  const std::optional<std::size_t> place = place_after(after);
  if (!place) return read(after);
  std::vector<Link> chunk;
  std::size_t bytes = 0;
  for (std::size_t i = *place; i < links_.size() && chunk.size() < kMaxChunkBatches; ++i) {
    bytes += links_[i].frame()->size();
    if (bytes > kChunkBytes && !chunk.empty()) break;
    chunk.push_back(links_[i]);
  }
  return chunk;
}

Result<std::vector<Link>> FeedTail::read(Position after) {
  ++reads_;
  TRY_ASSIGN(const std::vector<feed::Sealed> batches, log_.read_after(after, read_batches_));
  std::vector<Link> chunk;
  std::size_t bytes = 0;
  for (const feed::Sealed& batch : batches) {
    bytes += batch.jws.size();
    if (bytes > kChunkBytes && !chunk.empty()) break;
    chunk.emplace_back(batch);
  }
  // The log counts batches, we count bytes: ask for about as many as make a chunk.
  if (chunk.size() < batches.size()) {
    read_batches_ = std::max<std::size_t>(1, chunk.size());
  } else if (batches.size() == read_batches_ && bytes < kChunkBytes / 2) {
    read_batches_ = std::min(kMaxChunkBatches, read_batches_ * 2);
  }
  return chunk;
}

std::optional<Position> FeedTail::newest() const {
  if (links_.empty()) return std::nullopt;
  return links_.back().position();
}

Result<Position> FeedTail::head() {
  if (const std::optional<Position> last = newest()) return *last;
  TRY_ASSIGN(const feed::Head head, log_.head());
  return head.position;
}

}  // namespace rescind::transport
