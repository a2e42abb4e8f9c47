#pragma once
// The process's metrics, and their exposition in Prometheus' text format (version 0.0.4).
//
// Counters, gauges and histograms are made once by name and labels and kept by whoever counts;
// plain counters that a library keeps by itself are read by a collector when somebody scrapes.
// Names begin with `rescind_` and end in their base unit; label values are never secrets, and never
// without bound: past kMaxSeries sets of values a metric counts under "other".
//
// Thread-safe. A handle stays valid as long as its `Metrics`; counting costs ≈ 10 ns, observing a
// histogram takes a mutex (≈ 50 ns). Making one takes a lock: not on a hot path.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace rescind::daemon {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void add(double by = 1);
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value);
  void add(double by);
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value);

 private:
  prometheus::Histogram* histogram_;
};

struct MetricName {
  std::string name;  // "rescind_revocations_total"
  std::string help;
};

// What a collector writes its present values to.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual void counter(const MetricName& metric, const Labels& labels, double value) = 0;
  virtual void gauge(const MetricName& metric, const Labels& labels, double value) = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series of these labels, made where it does not exist. One name is one kind of metric with
  // one set of label names: anything else, or a name that Prometheus does not take, is a
  // programmer's error.
  Counter counter(const MetricName& metric, const Labels& labels = {});
  Gauge gauge(const MetricName& metric, const Labels& labels = {});
  // `bounds` are the upper ends of the buckets, ascending; those of the first call count.
  Histogram histogram(const MetricName& metric, const std::vector<double>& bounds,
                      const Labels& labels = {});

  // Calls `collector` at each exposition, on the thread that asks for it and without a lock, until
  // the returned token is gone.
  using Collector = std::function<void(Samples&)>;
  std::shared_ptr<void> collect(Collector collector);

  // All metrics, sorted by name.
  std::string text() const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // Buckets for times from 100 µs to 10 s.
  static const std::vector<double>& seconds();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rescind::daemon
