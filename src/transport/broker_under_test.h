#pragma once
// For tests: a broker's real server as the fault cases (broker_faults.h) and the conformance suite
// (broker_conformance.h) see it.

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "feed/ports.h"
#include "transport/broker.h"
#include "transport/request_topic.h"

namespace rescind::transport {

// One feed's place at a real server, empty at first; each of a name of its own.
class BrokerUnderTest {
 public:
  virtual ~BrokerUnderTest() = default;
  virtual std::unique_ptr<feed::Transport> transport() = 0;
  virtual MakeBrokerReader reader() = 0;
  // The same place, taken for one of signed requests.
  virtual std::unique_ptr<RequestTopic> requests() = 0;
  // What anybody who may write there can put there. False: the broker does not take it.
  virtual bool put(std::string_view bytes) = 0;
  // The batches that lie there go, as by a trim or a purge; a snapshot beside them stays.
  virtual void forget() = 0;
  // The place is deleted, and made again.
  virtual void make_again() = 0;
  // The server ends, and comes again with what it has stored. Returns when it serves.
  virtual void restart() = 0;
  virtual void stop() = 0;   // SIGSTOP
  virtual void go_on() = 0;  // SIGCONT
};
// kUnavailable: there is no such server on this machine; the tests are skipped, with the message.
using MakeBrokerUnderTest = std::function<Result<std::unique_ptr<BrokerUnderTest>>()>;

}  // namespace rescind::transport
