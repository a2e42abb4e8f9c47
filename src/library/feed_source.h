#pragma once
// A follower of its own, for a host without an agent: follows the feed, fetches the issuers' keys,
// and keeps an index in this process, all on one thread that nobody else sees. Its end takes as
// long as what that thread is just doing.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/result.h"
#include "library/config.h"
#include "library/source.h"
#include "net/http_client.h"
#include "net/stepper.h"
#include "transport/following.h"

namespace rescind::library {

// Keeps the last warning, for a person who asks why it is stale.
class LastWarning final : public Log {
 public:
  void write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields) override;
  std::string text() const;

 private:
  mutable Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

class FeedSource final : public Source {
 public:
  // kInvalid where the settings cannot be; whether the feed can be reached shows later. `clock` and
  // `random` are thread-safe and outlive this.
  static Result<std::unique_ptr<FeedSource>> open(const Config& config, const Clock& clock,
                                                  Random& random);
  ~FeedSource() override;

  Knowledge first() const override;
  void start(Tell tell) override;
  bool look(Now now, std::string_view issuer_of_unknown_key) override;
  bool shared() const override { return false; }
  std::string error() const override { return log_.text(); }

 private:
  struct Asked {
    explicit Asked(std::string name) : issuer(std::move(name)) {}
    std::string issuer;
    std::atomic<bool> waiting = false;  // a question for its keys is on its way to the loop
  };
  FeedSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  Result<void> fetch_keys(const std::vector<issuer::IssuerOptions>& issuers);
  Result<void> follow(const Config& config);

  const Clock& clock_;
  Random& random_;
  LastWarning log_;
  Tell tell_;
  net::Loop loop_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<revocation::Index> index_;
  std::unique_ptr<issuer::Issuers> issuers_;
  std::unique_ptr<net::LoopStepper> issuers_stepper_;
  std::unique_ptr<transport::Following> following_;
  std::uint64_t number_ = 0;                   // of the last knowledge; the loop's
  std::vector<std::unique_ptr<Asked>> asked_;  // fixed once it is open
  std::thread thread_;
};

}  // namespace rescind::library
