#include "strategy/denylist_keeper.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace rescind::strategy {
namespace {

using net::Redis;
using net::RedisReply;

constexpr Milliseconds kTimeout{2'000};
constexpr Milliseconds kRetryAfter{1'000};
// Entries that wait for a slow server; past them all are written anew, from the index.
constexpr std::size_t kMaxWaiting = std::size_t{1} << 20U;
constexpr std::size_t kEntriesPerCall = 256;
constexpr std::size_t kCallsAtOnce = 16;
// A key stays this many seconds longer than its entry: the server's clock may be ahead.
constexpr std::string_view kClockSkew = "60";
// No EXAT past the year 9999: such an entry is for good.
constexpr std::string_view kForGood = "00000000253402300799";

// KEYS: entries; ARGV: the clock skew, what counts as for good, a value for each key. Joined to
// what is there, field by field (denylist.h): a later text is a larger number.
constexpr std::string_view kJoin = R"(
for i, key in ipairs(KEYS) do
  local new = ARGV[i + 2]
  local reason, till, cut = new:sub(1, 1), new:sub(3, 22), new:sub(24)
  local old = redis.call('GET', key)
  if old then
    if old:sub(1, 1) > reason then reason = old:sub(1, 1) end
    if old:sub(3, 22) > till then till = old:sub(3, 22) end
    if old:sub(24) > cut then cut = old:sub(24) end
  end
  local value = reason .. ' ' .. till
  if cut ~= '' then value = value .. ' ' .. cut end
  if value ~= old then
    if till > ARGV[2] then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'EXAT', string.format('%.0f', tonumber(till) + ARGV[1]))
    end
  end
end
return 1)";

// KEYS: whole, state; ARGV: the state. Only while nothing was lost.
constexpr std::string_view kVouch = R"(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1])
return 1)";

Result<RedisReply> checked(Result<RedisReply> reply) {
  if (reply && reply->kind == RedisReply::Kind::kError) {
    return fail(ErrorCode::kInternal, "Redis answers: " + reply->text);
  }
  return reply;
}

// A server that throws keys away when its memory is full would let revoked tokens in.
Result<void> check_eviction(Redis& redis) {
  TRY_ASSIGN(const RedisReply reply, checked(redis.run({"INFO", "memory"})));
  const bool unlimited = reply.text.contains("\nmaxmemory:0\r");
  if (unlimited || reply.text.contains("\nmaxmemory_policy:noeviction\r")) return {};
  return fail(ErrorCode::kInvalid,
              "Redis may evict keys of the denylist when its memory is full; set "
              "`redis-cli CONFIG SET maxmemory-policy noeviction`");
}

}  // namespace

DenylistKeeper::DenylistKeeper(Options options, const Clock& clock, Log& log)
    : options_(std::move(options)),
      log_(log),
      stepper_(clock, [this](Now now) { return step(now); }) {
  stepper_.start();
}

DenylistKeeper::~DenylistKeeper() { stepper_.stop(); }

void DenylistKeeper::add(std::vector<revocation::Entry> entries) {
  {
    const MutexLock lock(mutex_);
    if (wants_all_) return;  // they will be among all
    if (work_.entries.size() + entries.size() > kMaxWaiting && !work_.all) {
      work_ = {};
      wants_all_ = true;
      return;
    }
    work_.entries.insert(work_.entries.end(), entries.begin(), entries.end());
  }
  stepper_.wake();
}

bool DenylistKeeper::wants_all() const {
  const MutexLock lock(mutex_);
  return wants_all_;
}

void DenylistKeeper::add_all(std::vector<revocation::Entry> entries) {
  {
    const MutexLock lock(mutex_);
    work_ = {.entries = std::move(entries), .all = true, .state = std::nullopt, .rules = nullptr};
    wants_all_ = false;
  }
  stepper_.wake();
}

void DenylistKeeper::set_state(DenylistState state,
                               std::shared_ptr<const revocation::Rules> rules) {
  {
    const MutexLock lock(mutex_);
    if (wants_all_) return;
    work_.state = std::move(state);
    work_.rules = std::move(rules);
  }
  stepper_.wake();
}

DenylistKeeper::Counters DenylistKeeper::counters() const {
  const MutexLock lock(mutex_);
  return counters_;
}

BootTime DenylistKeeper::step(Now now) {
  if (now.boot < retry_at_) return retry_at_;
  if (redis_ == nullptr) {
    if (const auto connected = connect(); !connected) {
      lost(connected.error());
      return retry_at_ = now.boot + kRetryAfter;
    }
  }
  Work work;
  {
    const MutexLock lock(mutex_);
    work = std::exchange(work_, {});
  }
  if (const auto kept = keep(work); !kept) {
    lost(kept.error());
    return retry_at_ = now.boot + kRetryAfter;
  }
  return BootTime::max();
}

Result<void> DenylistKeeper::connect() {
  TRY_ASSIGN(redis_, Redis::connect(options_.address, kTimeout));
  TRY(check_eviction(*redis_));
  want_all();
  rules_ = nullptr;
  last_problem_.clear();
  log_.info("the denylist is kept", {{"name", options_.name}});
  const MutexLock lock(mutex_);
  counters_.connected = true;
  return {};
}

void DenylistKeeper::want_all() {
  const MutexLock lock(mutex_);
  work_ = {};
  wants_all_ = true;
}

void DenylistKeeper::lost(const Error& error) {
  redis_ = nullptr;
  want_all();
  if (error.message != last_problem_) {
    log_.warning("the denylist cannot be kept", {{"name", options_.name}, {"why", error.message}});
    last_problem_ = error.message;
  }
  const MutexLock lock(mutex_);
  counters_.connected = false;
}

Result<void> DenylistKeeper::keep(const Work& work) {
  TRY(write(work.entries));
  if (work.all) TRY(checked(redis_->run({"SET", denylist_whole_key(options_.name), "1"})));
  if (work.state) TRY(write_state(work));
  const MutexLock lock(mutex_);
  counters_.entries += work.entries.size();
  counters_.wholes += work.all ? 1 : 0;
  return {};
}

Result<void> DenylistKeeper::write(const std::vector<revocation::Entry>& entries) {
  constexpr std::size_t kAtOnce = kEntriesPerCall * kCallsAtOnce;
  for (std::size_t first = 0; first < entries.size(); first += kAtOnce) {
    const std::size_t end = std::min(entries.size(), first + kAtOnce);
    std::vector<std::string> keys;
    std::vector<std::string> values;
    for (std::size_t i = first; i < end; ++i) {
      keys.push_back(denylist_key(options_.name, entries[i].key));
      values.push_back(to_string(denylist_value_of(entries[i])));
    }
    std::vector<std::string> counts;
    counts.reserve(kCallsAtOnce);  // the commands look at them
    std::vector<Redis::Command> calls;
    for (std::size_t at = 0; at < keys.size(); at += kEntriesPerCall) {
      const std::size_t count = std::min(kEntriesPerCall, keys.size() - at);
      Redis::Command call{"EVAL", kJoin, counts.emplace_back(std::to_string(count))};
      for (std::size_t i = 0; i < count; ++i) call.emplace_back(keys[at + i]);
      call.emplace_back(kClockSkew);
      call.emplace_back(kForGood);
      for (std::size_t i = 0; i < count; ++i) call.emplace_back(values[at + i]);
      calls.push_back(std::move(call));
    }
    TRY_ASSIGN(std::vector<RedisReply> replies, redis_->run_all(calls));
    for (RedisReply& reply : replies) TRY(checked(std::move(reply)));
  }
  return {};
}

Result<void> DenylistKeeper::write_state(const Work& work) {
  if (work.rules != rules_) {
    const std::string text = to_json(*work.rules);
    TRY(checked(redis_->run({"SET", denylist_rules_key(options_.name), text})));
    rules_ = work.rules;
    rules_digest_ = to_hex(sha256(bytes_of(text)));
  }
  DenylistState state = *work.state;
  state.rules = rules_digest_;
  const std::string whole = denylist_whole_key(options_.name);
  const std::string place = denylist_state_key(options_.name);
  TRY_ASSIGN(const RedisReply vouched,
             checked(redis_->run({"EVAL", kVouch, "2", whole, place, to_json(state)})));
  if (vouched.integer == 1) return {};
  log_.warning("the denylist was emptied, and is written anew", {{"name", options_.name}});
  want_all();
  rules_ = nullptr;
  return {};
}

}  // namespace rescind::strategy
