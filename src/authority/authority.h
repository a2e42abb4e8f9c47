#pragma once
// The authority, composed: everything that changes state, behind HTTP endpoints. Whoever runs it
// (cli/roles) owns the threads: an HTTP server and step() on one loop, step_writer() on a thread of
// its own (net/stepper.h has both). Password hashes and signatures run on pools of its own.
//
// Start: migrate the store, Committer::open(), Authority::open(), add_routes(), then run the loop
// and the writer; ready when ready() says so (rules and the first keys have been committed).
// End: stop the HTTP server, the loop and the writer's thread, then destroy this: what is under way
// is answered with 503 or dropped.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "authority/core.h"
#include "authority/followers.h"
#include "authority/options.h"
#include "authority/request_intake.h"
#include "base/clock.h"
#include "feed/ports.h"
#include "net/router.h"
#include "verifier/trusted_issuer.h"

namespace rescind::authority {

class Authority {
 public:
  struct Parts {
    std::unique_ptr<store::Committer> committer;
    // A new connection to the same store, for reading on the loop's thread.
    std::function<Result<std::unique_ptr<store::Database>>()> connect;
    std::shared_ptr<const jwt::SigningKey> feed_key;
    std::shared_ptr<const MasterKey> master_key;
    std::function<void(Task)> post;     // runs a task on the loop's thread
    std::function<void()> wake;         // step() has something to do; any thread
    std::function<void()> wake_writer;  // step_writer() has; any thread
    bool cut_on_history_lost = true;
    // How long lost batches are waited for, and who is asked for them, on the writer's thread: the
    // brokers that carry the feed. What they have goes to take_back().
    Milliseconds take_back_within{0};
    std::function<void(store::Position after)> ask_for_lost;
  };
  // `clock`, `random` and `log` outlive this; `random` is thread-safe. kInvalid: options, a store
  // whose keys are sealed under another master key. kUnavailable: the store.
  static Result<std::unique_ptr<Authority>> open(Options options, Parts parts, const Clock& clock,
                                                 Random& random, Log& log);
  ~Authority();

  // All endpoints of interface.md but the feed's and notices'; the router goes before this.
  void add_routes(net::Router& router);

  // `next` behind the question whether the caller may follow (role `follow`): for the feed's
  // endpoints, which a transport serves. The loop's thread.
  net::Router::RouteHandler for_followers(net::Handler next);
  // The same question by the head of a request alone.
  bool may_follow(const net::Request& request);

  BootTime step(Now now);         // the loop's thread
  BootTime step_writer(Now now);  // the writer's thread: the committer's step, too

  // A receipt, or a proof of a lost history, from whichever transport brought it. Any thread;
  // `done` comes on the loop's or the writer's. kInvalid: forged; kConflict: no position of this
  // feed.
  void receive(feed::Report report, Done<void> done);
  // Batches of a history that was lost, from whoever still has them. `done` says whether more are
  // needed. Any thread; kInvalid: no such batches.
  void take_back(std::vector<std::string> words, Done<bool> done);
  // A signed request, from a broker's request topic. Any thread; `done` comes on the loop's or the
  // writer's.
  void take_request(std::string jws, RequestIntake::Done done);

  // Identity providers whose tokens introspection knows too. The loop's thread.
  void set_foreign_issuers(std::vector<verifier::TrustedIssuer> issuers);
  // Called on the loop's thread with each measurement of a follower's delay
  // (authority/followers.h).
  void on_propagated(Followers::Observer observer);

  store::Committer& committer();
  const Counters& counters() const;    // any thread
  const Followers& followers() const;  // the loop's thread
  // Empty when ready for traffic, else what is missing. Any thread.
  std::string why_not_ready() const;
  std::shared_ptr<const std::string> jwks() const;  // any thread

 private:
  struct Body;
  explicit Authority(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::authority
