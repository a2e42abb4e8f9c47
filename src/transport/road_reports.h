#pragma once
// A follower's origin whose receipts go up a road that leads both ways, where one is open, and to
// the origin where none is. One thread, the loop's.

#include <memory>
#include <vector>

#include "feed/ports.h"

namespace rescind::transport {

class RoadReports final : public feed::Origin {
 public:
  // The first road that takes a receipt carries it. They outlive this.
  RoadReports(std::unique_ptr<feed::Origin> origin,
              const std::vector<std::unique_ptr<feed::Road>>& roads)
      : origin_(std::move(origin)), roads_(roads) {}

  void batches_after(feed::Position after, Then<std::vector<std::string>> then) override {
    origin_->batches_after(after, std::move(then));
  }
  void snapshot(Then<feed::Snapshot> then) override { origin_->snapshot(std::move(then)); }
  void heartbeat(Then<std::string> then) override { origin_->heartbeat(std::move(then)); }
  void report(const feed::Report& report, Then<void> then) override {
    for (const auto& road : roads_) {
      if (road->report(report, then)) return;
    }
    origin_->report(report, std::move(then));
  }

 private:
  const std::unique_ptr<feed::Origin> origin_;
  const std::vector<std::unique_ptr<feed::Road>>& roads_;
};

}  // namespace rescind::transport
