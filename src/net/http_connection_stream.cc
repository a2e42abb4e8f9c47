// The streaming half of a connection: responses that stay open, and what follows an upgrade.

#include <charconv>
#include <utility>

#include "net/http_connection.h"
#include "net/response_writer.h"

namespace rescind::net {
namespace {

// What a slow peer has to take within the write deadline.
constexpr std::size_t kSlice = 256 * 1024;

}  // namespace

std::shared_ptr<Stream> HttpConnection::stream(std::shared_ptr<Exchange> self, Response head) {
  return open(std::move(self), std::move(head), StreamKind::kResponse, nullptr);
}

std::shared_ptr<Stream> HttpConnection::upgrade(std::shared_ptr<Exchange> self, Response head,
                                                OnData on_data) {
  return open(std::move(self), std::move(head), StreamKind::kUpgrade, std::move(on_data));
}

std::shared_ptr<Stream> HttpConnection::open(std::shared_ptr<Exchange> self, Response head,
                                             StreamKind kind, OnData on_data) {
  auto queue =
      std::make_shared<StreamQueue>(shard_->shared_loop(), shard_->settings().options.stream_bytes);
  auto stream = make_stream(queue);
  if (reader_.request().method == Method::kHead && kind == StreamKind::kResponse) queue->end();
  Loop::Task task = [this, self = std::move(self), head = std::move(head), kind,
                     queue = std::move(queue), on_data = std::move(on_data)]() mutable {
    open_now(head, kind, queue, std::move(on_data));
  };
  if (!shard_->loop().in_thread()) {
    shard_->loop().post(std::move(task));
  } else if (in_handler_) {
    opened_ = std::move(task);
  } else {
    task();
  }
  return stream;
}

void HttpConnection::open_now(const Response& head, StreamKind kind,
                              const std::shared_ptr<StreamQueue>& queue, OnData on_data) {
  if (phase_ != Phase::kHandling) return queue->end();
  const bool upgraded = kind == StreamKind::kUpgrade;
  chunked_ = !upgraded && !reader_.request().version_1_0;
  const HeadOptions options{.body = upgraded   ? HeadOptions::Body::kUpgrade
                                    : chunked_ ? HeadOptions::Body::kChunked
                                               : HeadOptions::Body::kUntilEnd,
                            .keep_alive = false,
                            .date = shard_->date()};
  keep_alive_ = false;
  after_ = After::kEnd;
  unsent_ = {};
  recycle(out_);
  if (!append_head(out_, head, options)) {
    queue->end();
    return answer(Response{.status = 500});
  }
  if (reader_.request().method == Method::kHead && !upgraded) {
    unsent_[0] = out_;
    return write_out();
  }
  phase_ = Phase::kStreaming;
  shard_->count.open_streams.add();
  queue_ = queue;
  queue_->set_flush([weak = weak_from_this()] {
    if (const auto connection = weak.lock()) connection->flush_stream();
  });
  on_data_ = std::move(on_data);
  const std::string early = reader_.take_rest();
  write_stream_bytes();
  if (phase_ == Phase::kStreaming && on_data_ && !early.empty()) on_data_(*queue_, early);
  read_on();
}

void HttpConnection::flush_stream() {
  if (phase_ != Phase::kStreaming || cut_off_slow_stream()) return;
  if (!stream_writing_) write_stream();
}

bool HttpConnection::cut_off_slow_stream() {
  if (!queue_->overflowed()) return false;
  shard_->count.slow_streams.add();
  close();
  return true;
}

// The last write is done: takes what waits, as long as it goes without waiting.
void HttpConnection::write_stream() {
  stream_writing_ = false;
  clear_deadline();
  while (phase_ == Phase::kStreaming && !stream_writing_) {
    if (cut_off_slow_stream()) return;
    std::vector<std::shared_ptr<const std::string>> batch;
    const std::size_t size = queue_->take(batch, kSlice);
    recycle(out_);
    if (size == 0) {
      if (queue_->finished()) finish_stream();
      return;
    }
    if (chunked_) {
      std::array<char, 24> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
      out_.append(digits.data(), end).append("\r\n");
    }
    for (const auto& bytes : batch) out_.append(*bytes);
    if (chunked_) out_.append("\r\n");
    write_stream_bytes();
  }
}

void HttpConnection::write_stream_bytes() {
  const std::size_t sent = socket_->try_write(out_);
  shard_->count.bytes_out.add(sent);
  if (sent == out_.size()) return;
  stream_writing_ = true;
  set_deadline(shard_->settings().options.deadlines.write);
  slice_ = out_.size() - sent;
  socket_->write({std::string_view(out_).substr(sent), {}}, shared_from_this());
}

void HttpConnection::finish_stream() {
  if (chunked_) out_ = "0\r\n\r\n";
  unsent_ = {std::string_view(out_), {}};
  const auto self = shared_from_this();
  phase_ = Phase::kWriting;
  end_stream();
  if (phase_ == Phase::kWriting) write_out();
}

void HttpConnection::end_stream() {
  if (!queue_) return;
  shard_->count.open_streams.subtract_one();
  std::exchange(queue_, nullptr)->end();
  on_data_ = nullptr;
}

}  // namespace rescind::net
