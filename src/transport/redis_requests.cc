#include "transport/redis_requests.h"

#include <charconv>
#include <optional>

namespace rescind::transport {
namespace {

using net::RedisReply;

constexpr Milliseconds kTimeout{2'000};
constexpr std::string_view kField = "jws";
constexpr std::string_view kAtOnce = "64";

std::string id_of(RequestTopic::Cursor cursor) {
  return std::to_string(cursor.term) + "-" + std::to_string(cursor.number);
}

// "ms-sequence"
std::optional<RequestTopic::Cursor> cursor_of(std::string_view id) {
  RequestTopic::Cursor cursor;
  const std::size_t dash = id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const char* end = id.data() + id.size();
  const auto ms = std::from_chars(id.data(), id.data() + dash, cursor.term);
  const auto sequence = std::from_chars(id.data() + dash + 1, end, cursor.number);
  if (ms.ec != std::errc() || sequence.ec != std::errc() || sequence.ptr != end) {
    return std::nullopt;
  }
  return cursor;
}

std::unexpected<Error> not_understood() {
  return fail(ErrorCode::kCorrupt, "redis: what is answered is no stream of requests");
}

// [id, [field, value, …]]
Result<RequestTopic::Message> message_of(const RedisReply& entry, std::size_t max_bytes) {
  if (entry.elements.size() != 2) return not_understood();
  const auto cursor = cursor_of(entry.elements[0].text);
  if (!cursor) return not_understood();
  RequestTopic::Message message{.cursor = *cursor, .text = {}};
  const auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text != kField) continue;
    message.is_too_large = fields[i + 1].text.size() > max_bytes;
    if (!message.is_too_large) message.text = fields[i + 1].text;
  }
  return message;
}

}  // namespace

Result<void> RedisRequests::open(Cursor after) {
  redis_.reset();
  TRY_ASSIGN(redis_, net::Redis::connect(access_.address, kTimeout));
  last_ = id_of(after);
  // A stream that was made again may end before that: we would hear nothing.
  TRY_ASSIGN(const RedisReply newest,
             redis_->run({"XREVRANGE", access_.stream, "+", "-", "COUNT", "1"}));
  if (newest.elements.empty() || newest.elements[0].elements.empty()) return {};
  const auto end = cursor_of(newest.elements[0].elements[0].text);
  if (!end) return not_understood();
  if (*end < after) last_ = "0-0";
  return {};
}

Result<std::vector<RequestTopic::Message>> RedisRequests::read(Milliseconds wait,
                                                               std::size_t max_bytes) {
  if (!redis_) return fail(ErrorCode::kUnavailable, "redis: not connected");
  const std::string block = std::to_string(std::max<std::int64_t>(1, wait.count()));
  TRY_ASSIGN(const RedisReply streams, redis_->run({"XREAD", "COUNT", kAtOnce, "BLOCK", block,
                                                    "STREAMS", access_.stream, last_},
                                                   wait));
  std::vector<Message> messages;
  if (streams.elements.empty()) return messages;
  if (streams.elements[0].elements.size() != 2) return not_understood();
  for (const RedisReply& entry : streams.elements[0].elements[1].elements) {
    TRY_ASSIGN(Message message, message_of(entry, max_bytes));
    last_ = id_of(message.cursor);
    messages.push_back(std::move(message));
  }
  return messages;
}

void RedisRequests::forget(Cursor up_to) {
  if (!redis_) return;
  const std::string id = id_of(up_to);
  (void)redis_->run({"XTRIM", access_.stream, "MINID", id});  // else the next time
}

// The stream is made by who writes the first request; it is trimmed here, and by nobody else.
Result<void> RedisRequests::check(std::size_t /*max_bytes*/) {
  TRY_ASSIGN(const auto redis, net::Redis::connect(access_.address, kTimeout));
  TRY(check_eviction(*redis, access_));
  TRY(redis->run({"XREVRANGE", access_.stream, "+", "-", "COUNT", "1"}));
  return {};
}

std::vector<std::string> redis_requests_plan(const RedisAccess& access) {
  const std::string user = redis_cli(access) + "ACL SETUSER rescind-";
  const std::string key = " on '>PASSWORD' '~" + access.stream + "' ";
  return {redis_plan(access).front(),
          user + "authority" + key + "+auth +info +xread +xrevrange +xtrim",
          user + "service" + key + "+auth +xadd"};
}

}  // namespace rescind::transport
