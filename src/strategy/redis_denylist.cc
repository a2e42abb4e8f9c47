#include "strategy/redis_denylist.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/json.h"

namespace rescind::strategy {
namespace {

using net::Redis;
using net::RedisReply;
using verifier::Answer;

constexpr Milliseconds kRetryAfter{250};
constexpr Milliseconds kLookEvery{250};
constexpr std::size_t kQuestionsAtOnce = 256;

Result<std::string> text_in(const RedisReply& reply, std::string_view what) {
  if (reply.kind == RedisReply::Kind::kText) return reply.text;
  if (reply.kind == RedisReply::Kind::kError) {
    return fail(ErrorCode::kInternal, "Redis answers: " + reply.text);
  }
  return fail(ErrorCode::kNotFound,
              "the denylist has no " + std::string(what) + ": does `rescind denylist` keep it?");
}

Answer told(revocation::Reason reason) {
  switch (reason) {
    case revocation::Reason::kSignedOut:
      return Answer::kSignedOut;
    case revocation::Reason::kRevoked:
      return Answer::kInactive;
    case revocation::Reason::kCompromised:
      return Answer::kCompromised;
  }
  return Answer::kInactive;
}

}  // namespace

Answer answer_of(const verifier::Targets& targets, const RedisReply& values) {
  const std::size_t plain = targets.plain.size();
  if (values.kind != RedisReply::Kind::kArray ||
      values.elements.size() != plain + targets.cut.size()) {
    return Answer::kUnavailable;
  }
  std::optional<revocation::Reason> gravest;
  for (std::size_t i = 0; i < values.elements.size(); ++i) {
    const RedisReply& element = values.elements[i];
    if (element.kind == RedisReply::Kind::kNil) continue;
    const bool has_cut = i >= plain;
    const auto value =
        element.kind == RedisReply::Kind::kText ? parse_denylist_value(element.text) : std::nullopt;
    if (!value || value->cut.has_value() != has_cut) return Answer::kUnavailable;
    if (has_cut && !verifier::hits(verifier::view_of(targets), *value->cut)) continue;
    gravest = std::max(gravest.value_or(value->reason), value->reason);
  }
  return gravest ? told(*gravest) : Answer::kActive;
}

RedisDenylist::RedisDenylist(Options options, net::Loop& loop, revocation::Index& index,
                             const Clock& clock, Log& log)
    : options_(std::move(options)),
      loop_(loop),
      index_(index),
      clock_(clock),
      log_(log),
      stepper_(clock, [this](Now now) { return step(now); }) {
  stepper_.start();
}

RedisDenylist::~RedisDenylist() { stepper_.stop(); }

void RedisDenylist::ask(std::string_view /*token*/, const verifier::Pending& pending, Then then) {
  if (pending.targets == nullptr) return then(Answer::kUnavailable);
  {
    const MutexLock lock(mutex_);
    if (questions_.size() < options_.at_once) {
      questions_.push_back({pending.targets, std::move(then)});
      then = nullptr;
    }
  }
  if (then) return then(Answer::kUnavailable);
  stepper_.wake();
}

void RedisDenylist::look_again() {
  {
    const MutexLock lock(mutex_);
    look_ = true;
  }
  stepper_.wake();
}

BootTime RedisDenylist::step(Now now) {
  std::vector<Question> questions;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(look_, false)) look_at_ = now.boot;
    const auto end = questions_.begin() +
                     static_cast<std::ptrdiff_t>(std::min(questions_.size(), kQuestionsAtOnce));
    questions.assign(std::move_iterator(questions_.begin()), std::move_iterator(end));
    questions_.erase(questions_.begin(), end);
  }
  if (now.boot < retry_at_) {
    answer_none(std::move(questions));
    return retry_at_;
  }
  if (const auto done = work(questions, now); !done) {
    lost(done.error());
    answer_none(std::move(questions));
    return retry_at_ = clock_.now().boot + kRetryAfter;
  }
  const MutexLock lock(mutex_);
  return questions_.empty() ? look_at_ : now.boot;
}

Result<void> RedisDenylist::work(const std::vector<Question>& questions, Now now) {
  if (redis_ == nullptr) {
    TRY_ASSIGN(redis_, Redis::connect(options_.address, options_.timeout));
    anew_ = true;
    look_at_ = now.boot;
    log_.info("the denylist is asked", {{"name", options_.name}});
  }
  const bool looks = now.boot >= look_at_;
  const std::string state_key = denylist_state_key(options_.name);
  std::vector<std::vector<std::string>> keys;
  std::vector<Redis::Command> commands;
  for (const Question& question : questions) {
    std::vector<std::string>& own = keys.emplace_back();
    for (const auto* part : {&question.targets->plain, &question.targets->cut}) {
      for (const revocation::Key& key : *part) own.push_back(denylist_key(options_.name, key));
    }
    Redis::Command command{"MGET"};
    command.insert(command.end(), own.begin(), own.end());
    commands.push_back(std::move(command));
  }
  if (looks) commands.push_back({"GET", state_key});
  TRY_ASSIGN(std::vector<RedisReply> replies, redis_->run_all(commands));
  if (!questions.empty()) {
    std::vector<std::pair<Then, Answer>> answers;
    answers.reserve(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      answers.emplace_back(questions[i].then, answer_of(*questions[i].targets, replies[i]));
    }
    post([answers = std::move(answers)] {
      for (const auto& [then, answer] : answers) then(answer);
    });
  }
  if (!looks) return {};
  look_at_ = now.boot + kLookEvery;
  if (const auto seen = look_at_state(replies.back()); !seen) {
    if (last_problem_ != seen.error().message) {
      last_problem_ = seen.error().message;
      log_.warning("nobody vouches for the denylist", {{"why", last_problem_}});
    }
    anew_ = true;
    post([this] { take({}); });
  }
  return {};
}

// Of the newest rules: they are written before the state that names them.
Result<void> RedisDenylist::look_at_state(const RedisReply& reply) {
  TRY_ASSIGN(const std::string text, text_in(reply, "state"));
  TRY_ASSIGN(DenylistState state, parse_denylist_state(text));
  if (state.rules != rules_digest_) TRY(read_rules(state.rules));
  last_problem_.clear();
  News news{.connected = true,
            .anew = std::exchange(anew_, false),
            .state = std::move(state),
            .rules = rules_};
  post([this, news = std::move(news)] { take(news); });
  return {};
}

Result<void> RedisDenylist::read_rules(const std::string& digest) {
  TRY_ASSIGN(const RedisReply reply, redis_->run({"GET", denylist_rules_key(options_.name)}));
  TRY_ASSIGN(const std::string text, text_in(reply, "rules"));
  if (to_hex(sha256(text)) != digest) {
    return fail(ErrorCode::kConflict, "the denylist's rules are not those that its state names");
  }
  json::Reader reader;
  const auto json = reader.parse(text, revocation::kRulesLimits);
  if (!json) return fail(ErrorCode::kCorrupt, "the denylist's rules cannot be read");
  TRY_ASSIGN(revocation::Rules rules, revocation::parse_rules(*json));
  rules_ = std::make_shared<const revocation::Rules>(std::move(rules));
  rules_digest_ = digest;
  return {};
}

void RedisDenylist::lost(const Error& error) {
  redis_ = nullptr;
  if (last_problem_ != error.message) {
    last_problem_ = error.message;
    log_.warning("the denylist cannot be asked", {{"why", last_problem_}});
  }
  post([this] { take({}); });
}

void RedisDenylist::answer_none(std::vector<Question> questions) {
  if (questions.empty()) return;
  post([questions = std::move(questions)] {
    for (const Question& question : questions) question.then(Answer::kUnavailable);
  });
}

void RedisDenylist::post(net::Loop::Task task) {
  loop_.post([alive = std::weak_ptr(alive_), task = std::move(task)]() mutable {
    if (!alive.expired()) task();
  });
}

// On the loop.
void RedisDenylist::take(const News& news) {
  if (!news.connected || news.anew) {
    vouched_after_ = news.state.at;
    state_.ready = false;
  }
  if (news.connected) {
    if (!index_.set_rules(news.rules)) return;
    index_.raise_purge_time(news.state.purge);
    state_.position = std::max(state_.position, news.state.position);
    state_.freshness.refresh(news.state.position.term, news.state.at, clock_.now().boot);
    state_.ready = state_.ready || news.state.at > vouched_after_;
  }
  index_.set_state(state_);
}

}  // namespace rescind::strategy
