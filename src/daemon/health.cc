#include "daemon/health.h"

#include <algorithm>

#include "base/json.h"

namespace rescind::daemon {

void Health::require(std::string_view name, std::string_view why) { set(name, false, why); }

void Health::set(std::string_view name, bool holds, std::string_view why) {
  MutexLock lock(mutex_);
  conditions_[std::string(name)] = {
      .name = std::string(name), .holds = holds, .why = std::string(holds ? "" : why)};
}

void Health::drain() {
  MutexLock lock(mutex_);
  draining_ = true;
}

bool Health::ready() const { return report().ready; }

Health::Report Health::report() const {
  MutexLock lock(mutex_);
  Report report{.ready = !draining_, .draining = draining_, .conditions = {}};
  for (const auto& [name, condition] : conditions_) {
    report.conditions.push_back(condition);
    report.ready = report.ready && condition.holds;
  }
  return report;
}

std::string health_json(const Health::Report& report) {
  json::Writer writer;
  writer.object().member("ready", report.ready).member("draining", report.draining);
  writer.name("conditions").array();
  for (const Health::Condition& one : report.conditions) {
    writer.object().member("name", one.name).member("holds", one.holds);
    if (!one.why.empty()) writer.member("why", one.why);
    writer.end();
  }
  return writer.end().end().take();
}

}  // namespace rescind::daemon
