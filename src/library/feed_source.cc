#include "library/feed_source.h"

#include <utility>

#include "issuer/http_get.h"
#include "library/quiet_thread.h"

namespace rescind::library {

void LastWarning::write(LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields) {
  if (level < LogLevel::kWarning) return;
  std::string text(event);
  for (const LogField& field : fields) text += "; " + std::string(field.name) + ": " + field.value;
  const MutexLock lock(mutex_);
  text_ = std::move(text);
}

std::string LastWarning::text() const {
  const MutexLock lock(mutex_);
  return text_;
}

Result<std::unique_ptr<FeedSource>> FeedSource::open(const Config& config, const Clock& clock,
                                                     Random& random) {
  std::unique_ptr<FeedSource> source(new FeedSource(clock, random));
  TRY_ASSIGN(source->index_, revocation::Index::create(random, {}));
  TRY(source->fetch_keys(config.issuers));
  TRY(source->follow(config));
  return source;
}

Result<void> FeedSource::fetch_keys(const std::vector<issuer::IssuerOptions>& issuers) {
  for (const issuer::IssuerOptions& issuer : issuers) {
    asked_.push_back(std::make_unique<Asked>(issuer.issuer));
  }
  issuer::Issuers::Callbacks callbacks;
  callbacks.on_change = [this](issuer::Issuers::Trusted trusted) {
    tell_({.indexes = {{.index = index_->view()}},
           .issuers = std::move(trusted),
           .number = ++number_});
  };
  callbacks.wake = [this] {
    if (issuers_stepper_) issuers_stepper_->wake();
  };
  TRY_ASSIGN(issuers_, issuer::Issuers::open(issuers, issuer::http_get_on(loop_),
                                             std::move(callbacks), random_, log_));
  issuers_stepper_ = std::make_unique<net::LoopStepper>(
      loop_, clock_, [this](Now now) { return issuers_->step(now); });
  return {};
}

Result<void> FeedSource::follow(const Config& config) {
  const FeedConfig& feed = *config.feed;
  transport::Following::Options options;
  options.access = feed.access;
  if (!feed.authorities.empty()) {
    TRY_ASSIGN(options.access.tls, net::TlsContext::for_client(feed.authorities));
  }
  options.pinned_keys = feed.keys;
  options.checkpoint = feed.checkpoint;
  options.follower.name = feed.follower;
  options.follower.issuer = feed.issuer;
  options.follower.feed = feed.name;
  options.follower.heartbeat = feed.access.heartbeat;
  options.follower.policy = std::string(to_string(config.verify.on_stale)) + " " +
                            std::to_string(config.verify.max_staleness.count());
  client_ = std::make_unique<net::Client>(loop_, net::ClientOptions{.tls = options.access.tls});
  transport::Registry registry;
  transport::add_http_adapters(registry);
  TRY_ASSIGN(following_, transport::Following::start(std::move(options), registry, loop_, *client_,
                                                     *index_, clock_, random_, log_));
  return {};
}

Knowledge FeedSource::first() const {
  return {.indexes = {{.index = index_->view()}}, .issuers = issuers_->trusted()};
}

void FeedSource::start(Tell tell) {
  tell_ = std::move(tell);
  thread_ = start_quiet_thread("rescind-feed", [this] { loop_.run(); });
}

FeedSource::~FeedSource() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
  // Nobody runs the loop any more: what lives on it ends here.
  following_.reset();
  issuers_stepper_.reset();
  issuers_.reset();
  client_.reset();
}

bool FeedSource::look(Now /*now*/, std::string_view issuer_of_unknown_key) {
  // All else comes by itself. Of a flood of tokens with invented keys one question at a time goes
  // to the loop.
  if (issuer_of_unknown_key.empty()) return false;
  for (const auto& asked : asked_) {
    if (asked->issuer != issuer_of_unknown_key) continue;
    if (asked->waiting.exchange(true, std::memory_order_relaxed)) break;
    loop_.post([this, question = asked.get()] {
      question->waiting.store(false, std::memory_order_relaxed);
      issuers_->on_unknown_key(question->issuer);
    });
  }
  return false;
}

}  // namespace rescind::library
