#include "transport/redis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <tuple>

#include "transport/broker_adapter.h"
#include "transport/broker_url.h"
#include "transport/redis_requests.h"

namespace rescind::transport {
namespace {

using net::Redis;
using net::RedisReply;

constexpr std::string_view kScheme = "redis://";
constexpr std::string_view kShape = "a redis URL is redis://user:password@host:port/name";
constexpr std::uint16_t kPort = 6379;
constexpr std::string_view kField = "jws";
constexpr std::string_view kManifest = "manifest";
constexpr Milliseconds kTimeout{2'000};
constexpr std::size_t kEntriesPerRead = 512;
// So far back a place is looked for: four million entries, more than an hour of batches.
constexpr std::size_t kReadsBack = 8192;
constexpr std::size_t kMaxNameBytes = 200;
// How long nothing may come before the end of the stream is looked at.
constexpr Milliseconds kSilence{1'000};
constexpr std::size_t kMaxSegments = 100'000;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid, std::string(kShape) + ": " + std::string(what));
}

// The entries of a stream: each [id, [field, value, …]]. The server is not believed in this either.
Result<std::span<const RedisReply>> checked(const RedisReply& entries) {
  for (const RedisReply& entry : entries.elements) {
    if (entry.elements.size() == 2 && entry.elements[0].kind == RedisReply::Kind::kText) continue;
    return fail(ErrorCode::kCorrupt, "redis: what is answered is no entry of a stream");
  }
  return entries.elements;
}

const std::string& id_of(const RedisReply& entry) { return entry.elements[0].text; }

// Null where an entry has no word.
const std::string* word_of(const RedisReply& entry) {
  const auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const bool fits =
        fields[i].text == kField && fields[i + 1].text.size() <= kMaxBrokerMessageBytes;
    if (fits) return &fields[i + 1].text;
  }
  return nullptr;
}

// Whether what lies here is a batch that whoever is at `after` knows.
bool is_known(const std::string& jws, feed::Position after) {
  const auto word = feed::read_word(jws);
  if (!word) return false;
  const auto* const batch = std::get_if<feed::Batch>(&word->content);
  return batch != nullptr && batch->position <= after;
}

// What TIME answers: seconds and microseconds since 1970, as texts.
std::int64_t ms_of(const RedisReply& time) {
  std::array<std::int64_t, 2> parts{};
  for (std::size_t i = 0; i < std::min(parts.size(), time.elements.size()); ++i) {
    const std::string& text = time.elements[i].text;
    std::from_chars(text.data(), text.data() + text.size(), parts[i]);
  }
  return parts[0] * 1000 + parts[1] / 1000;
}

// "ms-sequence", as it orders entries.
std::pair<std::uint64_t, std::uint64_t> order_of(std::string_view id) {
  std::pair<std::uint64_t, std::uint64_t> order;
  const std::size_t dash = std::min(id.find('-'), id.size());
  std::from_chars(id.data(), id.data() + dash, order.first);
  if (dash < id.size()) std::from_chars(id.data() + dash + 1, id.data() + id.size(), order.second);
  return order;
}

}  // namespace

Result<RedisAccess> RedisAccess::parse(const FeedAccess& from) {
  if (!from.url.starts_with(kScheme)) return wrong("another scheme (there is no TLS)");
  TRY_ASSIGN(const BrokerUrl url, BrokerUrl::parse(from.url, kShape, kPort));
  if (!url.options.empty()) return wrong("there are no options");
  if (url.hosts.size() != 1) return wrong("one host");
  RedisAccess access;
  std::tie(access.address.host, access.address.port) = host_and_port(url.hosts[0]);
  access.address.user = url.user.value_or("");
  access.address.password = url.password.value_or(Secret());
  const bool in_the_clear =
      !access.address.password.empty() && !from.insecure && !url.all_loopback();
  if (in_the_clear) return wrong("the password would go over the network in the clear");
  if (url.user && access.address.password.empty()) return wrong("a user needs a password");
  access.stream = url.name.empty() ? "rescind." + from.feed : url.name;
  if (access.stream.size() > kMaxNameBytes) return wrong("a name has 1 to 200 bytes");
  access.retention = from.retention;
  return access;
}

Result<Redis*> RedisTransport::connection() {
  if (!redis_) {
    TRY_ASSIGN(redis_, Redis::connect(access_.address, kTimeout));
  }
  return redis_.get();
}

Result<void> check_eviction(Redis& redis, const RedisAccess& access) {
  TRY_ASSIGN(const RedisReply memory, redis.run({"INFO", "memory"}));
  const bool unlimited = memory.text.contains("\nmaxmemory:0\r");
  if (unlimited || !memory.text.contains("\nmaxmemory_policy:allkeys")) return {};
  return fail(ErrorCode::kInvalid,
              "Redis may evict '" + access.stream +
                  "' when its memory is full; mend it by: " + redis_plan(access).front());
}

Result<void> RedisTransport::check() {
  TRY_ASSIGN(Redis* const redis, connection());
  auto checked = check_eviction(*redis, access_);
  if (!checked && checked.error().code != ErrorCode::kInvalid) redis_.reset();
  return checked;
}

Result<std::size_t> RedisTransport::add(std::span<const std::string_view> words) {
  TRY_ASSIGN(Redis* const redis, connection());
  // Ids are the server's time; so is what is kept.
  const auto time = redis->run({"TIME"});
  if (!time) {
    redis_.reset();
    return std::unexpected(time.error());
  }
  const std::string oldest =
      std::to_string(std::max<std::int64_t>(0, ms_of(*time) - access_.retention.count()));
  std::vector<Redis::Command> commands;
  for (const std::string_view word : words) {
    commands.push_back(
        {"XADD", access_.stream, "MINID", "~", oldest, "*", std::string_view(kField), word});
  }
  const auto replies = redis->run_all(commands);
  if (!replies) {
    redis_.reset();
    return std::unexpected(replies.error());
  }
  for (std::size_t i = 0; i < replies->size(); ++i) {
    const RedisReply& reply = (*replies)[i];
    if (reply.kind != RedisReply::Kind::kError) continue;
    if (i > 0) return i;  // the rest is told to lie there twice, which changes nothing
    return fail(ErrorCode::kUnavailable, "redis: " + reply.text);
  }
  return words.size();
}

Result<void> RedisTransport::publish(const feed::Sealed& batch) {
  const std::string_view word = batch.jws;
  TRY(add({&word, 1}));
  return {};
}

Result<std::size_t> RedisTransport::publish_all(std::span<const feed::Sealed> batches) {
  std::vector<std::string_view> words;
  for (const auto& batch : batches) words.emplace_back(batch.jws);
  return add(words);
}

Result<void> RedisTransport::publish_heartbeat(std::string_view jws) {
  TRY(add({&jws, 1}));
  return {};
}

// Made beside the old one and put in its place at once.
Result<void> RedisTransport::publish_snapshot(const feed::Snapshot& snapshot) {
  TRY_ASSIGN(Redis* const redis, connection());
  const std::string fresh = access_.snapshot_key() + ".new";
  std::vector<std::string> names;
  names.reserve(snapshot.segments.size());
  std::vector<Redis::Command> commands{
      {"DEL", fresh}, {"HSET", fresh, std::string_view(kManifest), snapshot.manifest}};
  for (const std::string& segment : snapshot.segments) {
    names.push_back(std::to_string(names.size()));
    commands.push_back({"HSET", fresh, names.back(), segment});
  }
  const std::string key = access_.snapshot_key();
  commands.push_back({"RENAME", fresh, key});
  const auto replies = redis->run_all(commands);
  if (!replies) {
    redis_.reset();
    return std::unexpected(replies.error());
  }
  for (const RedisReply& reply : *replies) {
    if (reply.kind == RedisReply::Kind::kError) {
      return fail(ErrorCode::kUnavailable, "redis: " + reply.text);
    }
  }
  return {};
}

Result<void> RedisReader::connect() {
  redis_.reset();
  TRY_ASSIGN(redis_, Redis::connect(access_.address, kTimeout));
  return {};
}

Result<void> RedisReader::open(feed::Position after) {
  TRY(connect());
  TRY_ASSIGN(last_, place_of(after));
  silence_ = Milliseconds(0);
  return {};
}

// The newest entry that whoever is at `after` knows: looked for from the end backwards.
Result<std::string> RedisReader::place_of(feed::Position after) {
  if (after == feed::Position{}) return "0-0";
  std::string end = "+";
  const std::string count = std::to_string(kEntriesPerRead);
  for (std::size_t read = 0; read < kReadsBack; ++read) {
    TRY_ASSIGN(const RedisReply reply,
               redis_->run({"XREVRANGE", access_.stream, end, "-", "COUNT", count}));
    TRY_ASSIGN(const auto entries, checked(reply));
    for (const RedisReply& entry : entries) {
      const std::string* const word = word_of(entry);
      if (word != nullptr && is_known(*word, after)) return id_of(entry);
    }
    if (entries.size() < kEntriesPerRead) break;
    end = "(" + id_of(entries.back());
  }
  return "0-0";
}

// A stream that was made again may end before the place where we are: we would hear nothing.
Result<void> RedisReader::check_end() {
  TRY_ASSIGN(const RedisReply reply,
             redis_->run({"XREVRANGE", access_.stream, "+", "-", "COUNT", "1"}));
  TRY_ASSIGN(const auto newest, checked(reply));
  silence_ = Milliseconds(0);
  if (newest.empty() || order_of(id_of(newest[0])) >= order_of(last_)) return {};
  return fail(ErrorCode::kGone, "redis: the stream was made again");
}

Result<std::vector<std::string>> RedisReader::read(Milliseconds wait) {
  const std::string block = std::to_string(std::max<std::int64_t>(1, wait.count()));
  const std::string count = std::to_string(kEntriesPerRead);
  TRY_ASSIGN(const RedisReply streams, redis_->run({"XREAD", "COUNT", count, "BLOCK", block,
                                                    "STREAMS", access_.stream, last_},
                                                   wait));
  std::vector<std::string> words;
  if (streams.elements.empty()) {
    silence_ += wait;
    if (silence_ >= kSilence) TRY(check_end());
    return words;
  }
  silence_ = Milliseconds(0);
  // One stream was asked for: [name, entries].
  if (streams.elements[0].elements.size() != 2) {
    return fail(ErrorCode::kCorrupt, "redis: what is answered is no stream");
  }
  TRY_ASSIGN(const auto entries, checked(streams.elements[0].elements[1]));
  for (const RedisReply& entry : entries) {
    last_ = id_of(entry);
    if (const std::string* const word = word_of(entry)) words.push_back(*word);
  }
  return words;
}

Result<feed::Snapshot> RedisReader::snapshot() {
  if (!redis_) TRY(connect());
  TRY_ASSIGN(const RedisReply fields, redis_->run({"HGETALL", access_.snapshot_key()}, kTimeout));
  feed::Snapshot snapshot;
  for (std::size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
    const std::string& name = fields.elements[i].text;
    if (name == kManifest) {
      snapshot.manifest = fields.elements[i + 1].text;
      continue;
    }
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
    if (error != std::errc() || end != name.data() + name.size() || place >= kMaxSegments) {
      return fail(ErrorCode::kCorrupt, "redis: the snapshot has a part of an unknown name");
    }
    if (snapshot.segments.size() <= place) snapshot.segments.resize(place + 1);
    snapshot.segments[place] = fields.elements[i + 1].text;
  }
  if (snapshot.manifest.empty()) return fail(ErrorCode::kNotFound, "redis: there is no snapshot");
  return snapshot;
}

std::string redis_cli(const RedisAccess& access) {
  return "redis-cli -h " + access.address.host + " -p " + std::to_string(access.address.port) + " ";
}

std::vector<std::string> redis_plan(const RedisAccess& access) {
  const std::string cli = redis_cli(access);
  const std::string keys = " '~" + access.stream + "*' ";
  return {cli + "CONFIG SET maxmemory-policy noeviction",
          cli + "ACL SETUSER rescind-authority on '>PASSWORD'" + keys +
              "+auth +info +time +xadd +hset +del +rename",
          cli + "ACL SETUSER rescind-follower on '>PASSWORD'" + keys +
              "+auth +xread +xrevrange +hgetall"};
}

void add_redis_adapter(Registry& registry) {
  registry.add(
      "redis",
      broker_adapter<RedisAccess>(
          {.name = "redis",
           .reader = [](const RedisAccess& access,
                        Log& /*log*/) { return std::make_unique<RedisReader>(access); },
           .transport = [](const RedisAccess& access,
                           Log& /*log*/) { return std::make_unique<RedisTransport>(access); },
           .plan = redis_plan,
           .requests = [](const RedisAccess& access,
                          Log& /*log*/) { return std::make_unique<RedisRequests>(access); },
           .plan_requests = redis_requests_plan}));
}

}  // namespace rescind::transport
