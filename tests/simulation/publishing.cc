#include "simulation/publishing.h"

#include <utility>

#include "feed/authority_for_test.h"

namespace rescind::simulation {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kLeaseTime{1'500};
constexpr Milliseconds kRenewEvery{500};

}  // namespace

class Publishing::NodeLease final : public feed::Lease {
 public:
  NodeLease(const World& world, LeaseRow& row, std::uint64_t node)
      : world_(world), row_(row), node_(node) {}

  Result<std::optional<feed::Position>> acquire() override {
    if (row_.holder != 0 && row_.holder != node_ && world_.now() < row_.until) {
      return std::nullopt;
    }
    row_.holder = node_;
    row_.until = world_.now() + kLeaseTime;
    return row_.published;
  }
  Result<bool> advance(feed::Position published) override {
    if (row_.holder != node_) return false;
    row_.published = published;
    row_.until = world_.now() + kLeaseTime;
    return true;
  }
  Result<void> release() override {
    if (row_.holder == node_) row_.holder = 0;
    return {};
  }

 private:
  const World& world_;
  LeaseRow& row_;
  std::uint64_t node_;
};

struct Publishing::Node {
  std::unique_ptr<NodeLease> lease;
  std::unique_ptr<feed::Publisher> publisher;
  std::unique_ptr<Stepper> stepper;
  Time paused_until{0};
};

Publishing::Publishing(const Parts& parts)
    : parts_(parts), dice_(parts.world.dice("publishers to " + parts.name)) {}

Publishing::~Publishing() = default;

void Publishing::start(const std::shared_ptr<const jwt::SigningKey>& key) {
  for (int i = 0; i < (parts_.has_lease ? 2 : 1); ++i) {
    auto node = std::make_unique<Node>();
    if (parts_.has_lease) node->lease = std::make_unique<NodeLease>(parts_.world, row_, ++lives_);
    node->publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer),
                                 .feed = "default",
                                 .heartbeat = seconds(1),
                                 .start = row_.published,
                                 .renew_lease_every = kRenewEvery},
        parts_.log, parts_.broker, key, dice_, null_log_, node->lease.get());
    node->stepper = std::make_unique<Stepper>(
        parts_.world, parts_.clock, [this, &node = *node](Now now) { return step(node, now); });
    node->stepper->wake();
    nodes_.push_back(std::move(node));
  }
}

void Publishing::stop() { nodes_.clear(); }

void Publishing::wake() {
  for (const auto& node : nodes_) node->stepper->wake();
}

BootTime Publishing::step(Node& node, Now now) {
  if (parts_.world.now() < node.paused_until) return BootTime::max();  // its end wakes it
  const BootTime next = node.publisher->step(now);
  if (!parts_.has_lease) row_.published = node.publisher->published();
  return next;
}

void Publishing::pause_one_for(Milliseconds time) {
  if (nodes_.empty()) return;
  Node& node = *nodes_[dice_.below(nodes_.size())];
  node.paused_until = parts_.world.now() + time;
  parts_.world.note(parts_.name, "has a publisher that hangs");
  parts_.world.at(node.paused_until, [this] { wake(); });
}

}  // namespace rescind::simulation
