#pragma once
// An origin for who reaches nothing but a broker: what it misses lies there too, batches and a
// snapshot beside them. Asked on a thread of its own; answers on the loop's. Receipts and proofs of
// lost histories reach nobody this way: report() is answered kUnavailable. What a broker cannot
// tell is whether a position is of a lost history (kConflict): the chain finds that out.

#include <memory>
#include <thread>

#include "base/mutex.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/broker.h"

namespace rescind::transport {

class BrokerOrigin final : public feed::Origin {
 public:
  BrokerOrigin(MakeBrokerReader make, net::Loop& loop);
  // Waits for the question that is being asked; of the loop's thread, or while nobody runs it.
  ~BrokerOrigin() override;

  void batches_after(feed::Position after, Then<std::vector<std::string>> then) override;
  void snapshot(Then<feed::Snapshot> then) override;
  void heartbeat(Then<std::string> then) override;
  void report(const feed::Report& report, Then<void> then) override;

 private:
  struct Body;
  std::shared_ptr<Body> body_;
  std::thread thread_;
};

}  // namespace rescind::transport
