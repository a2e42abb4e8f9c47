#include "transport/following.h"

#include <string_view>

#include "transport/road_reports.h"

namespace rescind::transport {
namespace {

constexpr std::chrono::milliseconds kAskAgain{500};

}  // namespace

Result<std::unique_ptr<Following>> Following::start(Options options, const Registry& registry,
                                                    net::Loop& loop, net::Client& client,
                                                    revocation::Index& index, const Clock& clock,
                                                    Random& random, Log& log) {
  std::unique_ptr<Following> made(
      new Following(std::move(options), loop, client, index, clock, random, log));
  const Surroundings surroundings{.loop = loop, .random = random, .log = log};
  FeedAccess access = made->options_.access;
  TRY_ASSIGN(made->roads_.emplace_back(), registry.road(access, surroundings));
  for (const std::string& url : made->options_.roads) {
    access.url = url;
    TRY_ASSIGN(made->roads_.emplace_back(), registry.road(access, surroundings));
  }
  TRY_ASSIGN(auto origin, registry.origin(made->options_.access, surroundings));
  made->origin_ = std::make_unique<RoadReports>(std::move(origin), made->roads_);
  if (!made->options_.pinned_keys.empty()) {
    TRY(made->follow(made->options_.pinned_keys));
  } else {
    made->ask_for_keys();
  }
  return made;
}

Following::Following(Options options, net::Loop& loop, net::Client& client,
                     revocation::Index& index, const Clock& clock, Random& random, Log& log)
    : options_(std::move(options)),
      loop_(loop),
      client_(client),
      index_(index),
      clock_(clock),
      random_(random),
      log_(log) {}

Following::~Following() {
  *alive_ = false;
  subscriptions_.clear();
  stepper_.reset();
  if (!follower_ || !checkpoint_) return;
  if (const auto saved = follower_->save_checkpoint(clock_.now()); !saved) {
    log_.warning("last checkpoint not written", {{"error", saved.error().message}});
  }
}

void Following::on_applied(std::function<void(const feed::Batch&)> observer) {
  observer_ = std::move(observer);
  if (follower_) follower_->on_applied(observer_);
  if (follower_) follower_->on_applied(observer_);  // its keys were pinned
}

void Following::pass_on(feed::Follower::Hearer hearer) {
  if (follower_) return follower_->pass_on(std::move(hearer));
  hearer_ = std::move(hearer);
}

void Following::ask_for_keys() {
  net::FetchRequest request;
  request.url = http_url(options_.access.url) + "/keys";
  request.headers = headers_for(options_.access, "application/json");
  client_.fetch(std::move(request), [this, alive = alive_](Result<net::Response> response) {
    if (!*alive) return;
    if (!response) return again_later(response.error());
    if (response->status != 200) return again_later(error_of(*response));
    if (const auto followed = follow(response->body); !followed) again_later(followed.error());
  });
}

void Following::again_later(const Error& error) {
  log_.warning("the feed's keys cannot be had yet", {{"error", error.message}});
  loop_.after(kAskAgain, [this, alive = alive_] {
    if (*alive) ask_for_keys();
  });
}

Result<void> Following::follow(std::string_view keys) {
  TRY_ASSIGN(jwt::KeySet::Parsed parsed, jwt::KeySet::parse(keys));
  if (parsed.keys.keys().empty()) {
    return fail(ErrorCode::kInvalid, "there is no key of a feed in the key set");
  }
  feed::Follower::Options options = options_.follower;
  options.keys = std::make_shared<jwt::KeySet>(std::move(parsed.keys));
  if (!options_.checkpoint.empty()) {
    checkpoint_ = std::make_unique<transport::CheckpointFile>(options_.checkpoint);
  }
  follower_ = std::make_unique<feed::Follower>(std::move(options), index_, *origin_,
                                               checkpoint_.get(), random_, log_, [this] {
                                                 if (stepper_) stepper_->wake();
                                               });
  if (observer_) follower_->on_applied(observer_);
  if (hearer_) follower_->pass_on(*std::move(hearer_));
  stepper_ = std::make_unique<net::LoopStepper>(loop_, clock_,
                                                [this](Now now) { return follower_->step(now); });
  subscribe(*roads_.front(), options_.access.url);
  for (std::size_t i = 1; i < roads_.size(); ++i) subscribe(*roads_[i], options_.roads[i - 1]);
  return {};
}

void Following::subscribe(feed::Road& road, const std::string& url) {
  const std::string scheme = url.substr(0, url.find("://"));
  subscriptions_.push_back(road.subscribe(
      [this] { return follower_->position(); },
      {.on_word = [this,
                   scheme](std::string_view jws) { follower_->on_word(jws, clock_.now(), scheme); },
       .on_state =
           [this](bool connected) {
             log_.info(connected ? "following" : "the road to the feed is cut");
           }}));
}

}  // namespace rescind::transport
