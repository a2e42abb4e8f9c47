#include "daemon/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <variant>

#include "base/check.h"
#include "base/mutex.h"
#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

template <typename T>
using FamilyOf = std::unique_ptr<prometheus::Family<T>>;

// One metric with all of its series.
struct Family {
  std::variant<FamilyOf<prometheus::Counter>, FamilyOf<prometheus::Gauge>,
               FamilyOf<prometheus::Histogram>>
      series;
  std::vector<std::string> label_names;
  std::vector<double> bounds;
  std::size_t count = 0;
};

bool is_name(const std::string& name) {
  return name.starts_with("rescind_") && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

// The family's series of these labels, or of "other" where it has too many.
template <typename T, typename... Arguments>
T& series_of(Family& family, const Labels& labels, const Arguments&... arguments) {
  std::vector<std::string> names;
  for (const auto& [name, value] : labels) names.push_back(name);
  CHECK(names == family.label_names);
  auto& series = *std::get<FamilyOf<T>>(family.series);
  if (series.Has(labels)) return series.Add(labels, arguments...);
  if (family.count < kMaxSeries) {
    ++family.count;
    return series.Add(labels, arguments...);
  }
  Labels other = labels;
  for (auto& [name, value] : other) value = "other";
  return series.Add(other, arguments...);
}

// Gathers what collectors say into families.
class Gathered final : public Samples {
 public:
  void counter(const MetricName& metric, const Labels& labels, double value) override {
    if (auto* one = add(metric, prometheus::MetricType::Counter, labels))
      one->counter.value = value;
  }
  void gauge(const MetricName& metric, const Labels& labels, double value) override {
    if (auto* one = add(metric, prometheus::MetricType::Gauge, labels)) one->gauge.value = value;
  }
  std::map<std::string, prometheus::MetricFamily> take() { return std::move(families_); }

 private:
  prometheus::ClientMetric* add(const MetricName& metric, prometheus::MetricType type,
                                const Labels& labels) {
    CHECK(is_name(metric.name));
    auto& family = families_[metric.name];
    // Here nothing can be added up under "other": the collector has a bound of its own.
    if (family.metric.size() >= kMaxSeries) return nullptr;
    family.name = metric.name;
    family.help = metric.help;
    family.type = type;
    auto& one = family.metric.emplace_back();
    for (const auto& [name, value] : labels) one.label.push_back({name, value});
    return &one;
  }

  std::map<std::string, prometheus::MetricFamily> families_;
};

}  // namespace

void Counter::add(double by) { counter_->Increment(by); }
double Counter::value() const { return counter_->Value(); }
void Gauge::set(double value) { gauge_->Set(value); }
void Gauge::add(double by) { gauge_->Increment(by); }
double Gauge::value() const { return gauge_->Value(); }
void Histogram::observe(double value) { histogram_->Observe(value); }

struct Metrics::State {
  template <typename T>
  Family& family_of(const MetricName& metric, const Labels& labels) REQUIRES(mutex) {
    CHECK(is_name(metric.name));
    auto [at, is_new] = families.try_emplace(metric.name);
    if (is_new) {
      at->second.series =
          std::make_unique<prometheus::Family<T>>(metric.name, metric.help, prometheus::Labels{});
      for (const auto& [name, value] : labels) at->second.label_names.push_back(name);
    }
    CHECK(std::holds_alternative<FamilyOf<T>>(at->second.series));
    return at->second;
  }

  Mutex mutex;
  std::map<std::string, Family> families GUARDED_BY(mutex);
  std::vector<std::weak_ptr<Collector>> collectors GUARDED_BY(mutex);
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const MetricName& metric, const Labels& labels) {
  MutexLock lock(state_->mutex);
  Family& family = state_->family_of<prometheus::Counter>(metric, labels);
  return Counter(series_of<prometheus::Counter>(family, labels));
}

Gauge Metrics::gauge(const MetricName& metric, const Labels& labels) {
  MutexLock lock(state_->mutex);
  Family& family = state_->family_of<prometheus::Gauge>(metric, labels);
  return Gauge(series_of<prometheus::Gauge>(family, labels));
}

Histogram Metrics::histogram(const MetricName& metric, const std::vector<double>& bounds,
                             const Labels& labels) {
  MutexLock lock(state_->mutex);
  Family& family = state_->family_of<prometheus::Histogram>(metric, labels);
  if (family.bounds.empty()) {
    CHECK(!bounds.empty() && std::ranges::is_sorted(bounds));
    family.bounds = bounds;
  }
  return Histogram(series_of<prometheus::Histogram>(family, labels, family.bounds));
}

std::shared_ptr<void> Metrics::collect(Collector collector) {
  auto token = std::make_shared<Collector>(std::move(collector));
  MutexLock lock(state_->mutex);
  std::erase_if(state_->collectors, [](const auto& one) { return one.expired(); });
  state_->collectors.push_back(token);
  return token;
}

std::string Metrics::text() const {
  std::vector<std::shared_ptr<Collector>> collectors;
  std::map<std::string, prometheus::MetricFamily> families;
  {
    MutexLock lock(state_->mutex);
    for (const auto& one : state_->collectors) {
      if (auto collector = one.lock()) collectors.push_back(std::move(collector));
    }
    for (const auto& [name, family] : state_->families) {
      for (auto& one :
           std::visit([](const auto& series) { return series->Collect(); }, family.series)) {
        families.emplace(name, std::move(one));
      }
    }
  }
  Gathered gathered;
  for (const auto& collector : collectors) (*collector)(gathered);
  families.merge(gathered.take());

  std::vector<prometheus::MetricFamily> sorted;
  for (auto& [name, family] : families) sorted.push_back(std::move(family));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, sorted);
  return out.str();
}

const std::vector<double>& Metrics::seconds() {
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1,      2.5,     5,      10};
  return bounds;
}

}  // namespace rescind::daemon
