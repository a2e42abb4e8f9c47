// revocation_lookup --port P --socket S --entries N --turns T --turn-ms M: whether a token id is
// revoked, asked of Redis (EXISTS) over loopback TCP and a unix socket, one question at a time and
// 64 in a pipeline, and of our index; N are in either. Half of the questions find something. Wall
// time: who asks Redis waits. A line of JSON each.

#include <hiredis.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>

#include "arguments.h"
#include "base/clock.h"
#include "base/random.h"
#include "revocation/index.h"

namespace rescind::bench {
namespace {

using Wall = std::chrono::steady_clock;

constexpr std::size_t kQuestions = std::size_t{1} << 16U;
constexpr std::size_t kPipeline = 64;
constexpr const char* kIssuer = "https://auth.example.com";

// As long as a UUID.
std::string token_id(std::uint64_t n) {
  std::string text = std::to_string(n);
  return "01234567-89ab-4cde-8f01-" + std::string(12 - text.size(), '0') + text;
}

class Redis {
 public:
  Redis(redisContext* context, std::string name) : context_(context), name_(std::move(name)) {
    if (context == nullptr || context->err != 0) give_up("cannot connect to Redis by " + name_);
  }

  void fill(std::size_t entries) {
    for (std::size_t n = 0; n < entries; n += kPipeline) {
      const std::size_t some = std::min(kPipeline, entries - n);
      for (std::size_t i = 0; i < some; ++i) {
        redisAppendCommand(context_.get(), "SET jti:%s 1 EX 3600", token_id(n + i).c_str());
      }
      for (std::size_t i = 0; i < some; ++i) next_reply();
    }
  }

  // How many of these `count` are there.
  std::size_t ask(const std::string* ids, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      redisAppendCommand(context_.get(), "EXISTS jti:%s", ids[i].c_str());
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) found += static_cast<std::size_t>(next_reply());
    return found;
  }
  const std::string& name() const { return name_; }

 private:
  struct ContextDeleter {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  struct ReplyDeleter {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };

  long long next_reply() {
    void* got = nullptr;
    if (redisGetReply(context_.get(), &got) != REDIS_OK) give_up("Redis has gone");
    const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(got));
    if (reply->type == REDIS_REPLY_ERROR) give_up(reply->str);
    return reply->integer;
  }

  std::unique_ptr<redisContext, ContextDeleter> context_;
  std::string name_;
};

class OurIndex {
 public:
  explicit OurIndex(std::size_t entries)
      : index_(*revocation::Index::create(random_, {.initial_entries = entries})),
        reader_(*index_) {
    const std::int64_t until = to_seconds(SystemClock().now().wall) + 3600;
    for (std::size_t n = 0; n < entries; ++n) {
      const auto applied = index_->apply({.key = key(token_id(n)),
                                          .cut = {},
                                          .until = static_cast<revocation::UntilSeconds>(until)});
      if (!applied) give_up("the index is full");
    }
  }

  static revocation::Key key(std::string_view id) {
    return revocation::key_of(kIssuer, revocation::claim::kTokenId, id);
  }
  bool has(const revocation::Key& key) const { return reader_.find(key).has_value(); }

 private:
  SystemRandom random_;
  std::unique_ptr<revocation::Index> index_;
  revocation::Index::Reader reader_;
};

struct Way {
  std::string name;
  // How many of the questions from this one on found something.
  std::function<std::size_t(std::size_t at)> ask;
  std::size_t questions;  // that one call asks
  std::vector<double> turns{};
};

void take_turn(Way& way, std::chrono::milliseconds turn) {
  std::size_t asked = 0;
  std::size_t found = 0;
  const auto begin = Wall::now();
  while (Wall::now() - begin < turn) {
    found += way.ask(asked % kQuestions);
    asked += way.questions;
  }
  const std::chrono::duration<double, std::nano> took = Wall::now() - begin;
  if (found == 0 || found == asked) give_up(way.name + " does not know what is revoked");
  way.turns.push_back(took.count() / static_cast<double>(asked));
}

void compare(const Arguments& arguments, std::vector<Way>& ways) {
  for (std::size_t i = 0; i < arguments.number("--turns"); ++i) {
    for (Way& way : ways) {
      take_turn(way, std::chrono::milliseconds(arguments.number("--turn-ms")));
    }
  }
  for (Way& way : ways) {
    std::printf(R"({"peer": "%s", "ns": %.1f})"
                "\n",
                way.name.c_str(), quantile(way.turns, 0.5));
  }
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind;
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  const std::size_t entries = arguments.number("--entries");
  Redis tcp(redisConnect("127.0.0.1", static_cast<int>(arguments.number("--port"))), "TCP");
  Redis unix_socket(redisConnectUnix(arguments.text("--socket").c_str()), "unix socket");
  unix_socket.fill(entries);
  const OurIndex index(entries);

  SeededRandom random(7);
  std::vector<std::string> ids;
  std::vector<revocation::Key> keys;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    ids.push_back(token_id(random.below(entries * 2)));
    keys.push_back(OurIndex::key(ids.back()));
  }
  std::vector<Way> ways;
  for (Redis* redis : {&tcp, &unix_socket}) {
    for (const std::size_t many : {std::size_t{1}, kPipeline}) {
      ways.push_back(
          {.name = "Redis EXISTS, " + redis->name() + (many > 1 ? ", 64 at once" : ""),
           .ask = [&ids, redis, many](std::size_t at) { return redis->ask(&ids[at], many); },
           .questions = many});
    }
  }
  const auto count = [](auto&& has) {
    return [has](std::size_t at) {
      std::size_t found = 0;
      for (std::size_t i = at; i < at + kPipeline; ++i) found += has(i) ? 1U : 0U;
      return found;
    };
  };
  ways.push_back({.name = "rescind index, from the token's id",
                  .ask = count([&](std::size_t i) { return index.has(OurIndex::key(ids[i])); }),
                  .questions = kPipeline});
  ways.push_back({.name = "rescind index, from its key",
                  .ask = count([&](std::size_t i) { return index.has(keys[i]); }),
                  .questions = kPipeline});
  compare(arguments, ways);
}
