#pragma once
// What `rescind agent` has for each of its feeds: an agent::Agent, who listens where it serves the
// feed on, and what it shows of itself. Feeds share the loop, and nothing that one could take from
// another: one that cannot be reached is not ready, and the others do not notice.

#include <memory>
#include <string>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/roles/agent_config.h"
#include "daemon/health.h"
#include "daemon/log_sink.h"
#include "daemon/metrics.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/stepper.h"

namespace rescind::cli {

class AgentFeed {
 public:
  // All of these outlive it.
  struct Surroundings {
    const transport::Registry& registry;
    const issuer::GetFor& get_for;
    net::Loop& loop;
    const Clock& clock;
    Random& random;
    daemon::LogSink& log;
    daemon::Health& health;
  };
  // Of a complete configuration; `group` is agent.group.
  AgentFeed(AgentFeedConfig config, std::string group, const Surroundings& surroundings);

  // Finds what is wrong with the settings, and touches nothing.
  Result<void> check() const;
  // While nobody runs the loop: what readers find changes only then. Errors of check, of
  // agent::Agent::start and of listening; after one, the file at the path is what it was.
  Result<void> start();
  // Where the feed is served on; null where it is not.
  net::Server* server() const { return server_.get(); }
  // Reads the certificate's files anew, for new connections.
  void renew_certificate();
  // Ends streams and polls, which would else be waited for.
  void let_followers_go();
  // Once it has started. With a label `feed` where there are several.
  void expose(daemon::Samples& samples) const;

 private:
  Result<void> check_settings() const;
  Result<void> start_agent();
  Result<void> serve_on();
  Result<std::shared_ptr<const net::TlsContext>> open_tls() const;
  std::string feed_problem() const;
  void look_at_health();
  void expose_all(daemon::Samples& samples) const;
  // "feed", or "feed:eu" where there are several.
  std::string condition(std::string_view name) const;
  Result<void> with_name(Result<void> done) const;

  AgentFeedConfig config_;
  std::string group_;
  Surroundings of_;
  daemon::LogSink log_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<agent::Agent> agent_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::LoopStepper> health_stepper_;
};

}  // namespace rescind::cli
