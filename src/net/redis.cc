#include "net/redis.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <utility>

namespace rescind::net {
namespace {

timeval to_timeval(Milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = (time.count() % 1000) * 1000};
}

RedisReply copy_of(const redisReply& reply) {
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      copy.kind = RedisReply::Kind::kInteger;
      copy.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      copy.kind =
          reply.type == REDIS_REPLY_ERROR ? RedisReply::Kind::kError : RedisReply::Kind::kText;
      copy.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = RedisReply::Kind::kArray;
      copy.elements.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) {
        copy.elements.push_back(copy_of(*reply.element[i]));
      }
      break;
    default:
      break;
  }
  return copy;
}

ErrorCode code_of(std::string_view error) {
  for (const std::string_view passing :
       {"LOADING", "MASTERDOWN", "READONLY", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "OOM", "MISCONF"}) {
    if (error.starts_with(passing)) return ErrorCode::kUnavailable;
  }
  for (const std::string_view denied : {"NOAUTH", "WRONGPASS", "NOPERM"}) {
    if (error.starts_with(denied)) return ErrorCode::kUnauthorized;
  }
  return ErrorCode::kInternal;
}

std::unexpected<Error> refused(const RedisReply& reply) {
  return fail(code_of(reply.text), "redis: " + reply.text);
}

struct Arguments {
  explicit Arguments(const Redis::Command& command) {
    for (const std::string_view argument : command) {
      texts.push_back(argument.data());
      sizes.push_back(argument.size());
    }
  }
  int count() const { return static_cast<int>(texts.size()); }
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
};

}  // namespace

Result<std::unique_ptr<Redis>> Redis::connect(const Address& address, Milliseconds timeout) {
  redisContext* const context =
      redisConnectWithTimeout(address.host.c_str(), address.port, to_timeval(timeout));
  if (context == nullptr) return fail(ErrorCode::kExhausted, "redis: out of memory");
  std::unique_ptr<Redis> redis(new Redis(context, timeout));
  if (context->err != 0) return redis->failed();
  if (!address.password.empty()) {
    const std::string_view password = address.password.expose();
    TRY(redis->run(address.user.empty() ? Command{"AUTH", password}
                                        : Command{"AUTH", address.user, password}));
  }
  return redis;
}

Redis::~Redis() { redisFree(context_); }

std::unexpected<Error> Redis::failed() const {
  return fail(ErrorCode::kUnavailable, "redis: " + std::string(context_->errstr));
}

Result<void> Redis::allow(Milliseconds time) {
  if (time == allowed_) return {};
  if (redisSetTimeout(context_, to_timeval(time)) != REDIS_OK) return failed();
  allowed_ = time;
  return {};
}

Result<RedisReply> Redis::next_reply() {
  void* raw = nullptr;
  if (redisGetReply(context_, &raw) != REDIS_OK) return failed();
  const std::unique_ptr<void, void (*)(void*)> reply(raw, freeReplyObject);
  return copy_of(*static_cast<redisReply*>(raw));
}

Result<RedisReply> Redis::run(const Command& command, Milliseconds waits) {
  TRY(allow(timeout_ + waits));
  Arguments arguments(command);
  if (redisAppendCommandArgv(context_, arguments.count(), arguments.texts.data(),
                             arguments.sizes.data()) != REDIS_OK) {
    return failed();
  }
  TRY_ASSIGN(RedisReply reply, next_reply());
  if (reply.kind == RedisReply::Kind::kError) return refused(reply);
  return reply;
}

Result<std::vector<RedisReply>> Redis::run_all(std::span<const Command> commands) {
  TRY(allow(timeout_));
  for (const Command& command : commands) {
    Arguments arguments(command);
    if (redisAppendCommandArgv(context_, arguments.count(), arguments.texts.data(),
                               arguments.sizes.data()) != REDIS_OK) {
      return failed();
    }
  }
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  while (replies.size() < commands.size()) {
    TRY_ASSIGN(RedisReply reply, next_reply());
    replies.push_back(std::move(reply));
  }
  return replies;
}

}  // namespace rescind::net
