#pragma once
// Whether the process lives and whether it is ready for traffic: named conditions, each with why it
// does not hold. Ready is when all hold and the process does not drain.
//
// Thread-safe. Cheap enough for every request of a load balancer.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace rescind::daemon {

class Health {
 public:
  struct Condition {
    std::string name;
    bool holds = false;
    std::string why;  // empty where it holds
  };
  struct Report {
    bool ready = false;
    bool draining = false;
    std::vector<Condition> conditions;  // sorted by name
  };

  // A condition that has to hold from now on; it does not until set() says so.
  void require(std::string_view name, std::string_view why = "starting");
  // An unknown name is a new condition.
  void set(std::string_view name, bool holds, std::string_view why = "");
  // From now on not ready, for good: load balancers look elsewhere while the last answers leave.
  void drain();

  bool ready() const;
  Report report() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Condition, std::less<>> conditions_ GUARDED_BY(mutex_);
  bool draining_ GUARDED_BY(mutex_) = false;
};

// The report as the body of GET /healthz/ready:
// {"ready":false,"draining":false,"conditions":[{"name":"store","holds":false,"why":"starting"}]}
std::string health_json(const Health::Report& report);

}  // namespace rescind::daemon
