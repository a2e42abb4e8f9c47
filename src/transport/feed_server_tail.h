#pragma once
// The newest batches of a log as they are sent, and the log behind them: whoever follows closely is
// served from memory, and only who is far behind costs a read. A read blocks, but for no more than
// a chunk (limits.h). One thread, the log's.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feed/ports.h"

namespace rescind::transport {

using feed::Position;

// A batch in the one encoding that all streams share: an event with its position as the id.
class Link {
 public:
  explicit Link(const feed::Sealed& batch);

  Position position() const { return position_; }
  const std::shared_ptr<const std::string>& frame() const { return frame_; }
  std::string_view jws() const { return std::string_view(*frame_).substr(jws_at_, jws_size_); }

 private:
  Position position_;
  std::size_t jws_at_ = 0;
  std::size_t jws_size_;
  std::shared_ptr<const std::string> frame_;
};

class FeedTail {
 public:
  explicit FeedTail(feed::BatchLog& log) : log_(log) {}

  // The next batch of the log; false where it is the newest already. One that does not follow the
  // newest (another history, a leap) makes this forget all others.
  bool push(const Link& link);
  // Forgets all that was pushed.
  void clear();
  // What comes after `after`: up to a chunk, empty at the end. Errors as BatchLog::read_after.
  Result<std::vector<Link>> after(Position after);
  // The newest that was pushed, if any.
  std::optional<Position> newest() const;
  // That, or else the log's head.
  Result<Position> head();

  std::uint64_t reads() const { return reads_; }

 private:
  std::optional<std::size_t> place_after(Position after) const;
  void trim();
  Result<std::vector<Link>> read(Position after);

  feed::BatchLog& log_;
  std::deque<Link> links_;         // their numbers have no holes
  std::optional<Position> floor_;  // what the first of them follows, where it is known
  std::size_t bytes_ = 0;
  std::size_t read_batches_ = 64;  // at a time; goes with the size of what has been read
  std::uint64_t reads_ = 0;
};

}  // namespace rescind::transport
