#include "cli/roles/broker_side.h"

#include "store/store_lease.h"

namespace rescind::cli {

std::string without_secrets(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "broker";
  const std::string_view rest = url.substr(scheme + 3, url.find('?') - scheme - 3);
  const std::size_t user = rest.rfind('@');
  return std::string(url.substr(0, scheme + 3)) +
         std::string(user == std::string_view::npos ? rest : rest.substr(user + 1));
}

Result<std::unique_ptr<BrokerSide>> BrokerSide::start(Options options,
                                                      const transport::Registry& registry,
                                                      store::Committer& committer, net::Loop& loop,
                                                      const Clock& clock, Random& random,
                                                      Log& log) {
  std::unique_ptr<BrokerSide> side(new BrokerSide(std::move(options)));
  side->name_ = without_secrets(side->options_.url);
  transport::FeedAccess access;
  access.url = side->options_.url;
  access.heartbeat = side->options_.publisher.heartbeat;
  access.feed = side->options_.publisher.feed;
  access.retention = side->options_.retention;
  TRY_ASSIGN(side->transport_,
             registry.transport(access, {.loop = loop, .random = random, .log = log}));
  side->lease_ = std::make_unique<store::StoreLease>(
      store::StoreLease::Options{.transport = side->name_, .node = random.hex(8)}, committer);
  side->publisher_ = std::make_unique<feed::Publisher>(
      side->options_.publisher, *side->options_.log, *side->transport_, side->options_.key, random,
      log, side->lease_.get());
  side->stepper_ = std::make_unique<net::ThreadStepper>(
      clock, [side = side.get()](Now now) { return side->step(now); });
  side->stepper_->start();
  return side;
}

void BrokerSide::close() {
  if (!stepper_) return;
  stepper_->stop();
  publisher_->stop();
}

BootTime BrokerSide::step(Now now) {
  const BootTime next = publisher_->step(now);
  published_.store(publisher_->published().number, std::memory_order_relaxed);
  ready_.store(publisher_->ready(), std::memory_order_relaxed);
  refused_.store(publisher_->refused(), std::memory_order_relaxed);
  return next;
}

void BrokerSide::expose(daemon::Samples& samples, feed::Position head) const {
  const std::uint64_t published = published_.load(std::memory_order_relaxed);
  samples.gauge({"rescind_publisher_lag_batches", "Committed and not on the broker yet."},
                {{"transport", name_}},
                static_cast<double>(head.number - std::min(head.number, published)));
  samples.gauge(
      {"rescind_publisher_up", "Whether the broker takes what it is given."},
      {{"transport", name_}},
      ready_.load(std::memory_order_relaxed) && !refused_.load(std::memory_order_relaxed) ? 1 : 0);
}

}  // namespace rescind::cli
