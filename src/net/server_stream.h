#pragma once
// The queue between those who send on a stream and the connection that writes it. Thread-safe. It
// is a stream itself, for the connection to lend; what handlers keep is make_stream().

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"
#include "net/responder.h"

namespace rescind::net {

class LoopCore;

class StreamQueue final : public Stream, public std::enable_shared_from_this<StreamQueue> {
 public:
  StreamQueue(std::shared_ptr<LoopCore> loop, std::size_t limit);

  // Whoever sends.
  bool send(std::shared_ptr<const std::string> bytes) override;
  void on_close(Loop::Task task) override;
  void close() override;

  // The connection, on its loop. `flush` is called there when there is something to take, or the
  // end is near.
  void set_flush(std::function<void()> flush) { flush_ = std::move(flush); }
  // Forgets what take() gave last, since it is written, and hands over about `size` bytes of what
  // waits. The number of bytes.
  std::size_t take(std::vector<std::shared_ptr<const std::string>>& batch, std::size_t size);
  bool overflowed();
  // Nothing waits, and nothing will come: it ends in order.
  bool finished();
  // The connection is gone: calls what on_close() was given.
  void end();

 private:
  void request_flush();

  const std::shared_ptr<LoopCore> loop_;
  const std::size_t limit_;
  std::function<void()> flush_;  // the loop's thread

  Mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> waiting_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  // not written yet, those under way included
  std::size_t under_way_ GUARDED_BY(mutex_) = 0;
  bool flush_requested_ GUARDED_BY(mutex_) = false;
  bool closing_ GUARDED_BY(mutex_) = false;
  bool overflowed_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  Loop::Task on_close_ GUARDED_BY(mutex_);
};

// What the handler holds: its end closes the queue.
std::shared_ptr<Stream> make_stream(std::shared_ptr<StreamQueue> queue);

}  // namespace rescind::net
