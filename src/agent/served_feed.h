#pragma once
// The feed, served on: what an agent follows, it gives to those who follow it, as the authority
// does (transport/feed_server.h has the paths). Batches and heartbeats are passed on byte for byte;
// snapshots are upstream's; receipts and proofs of lost histories go up. It signs nothing: how
// fresh anything is, the authority alone says, and while this agent hears nothing new, those below
// it hear nothing that could pass for it.
//
// One loop, the agent's. Whoever listens hands requests to handler().

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/backfill.h"
#include "agent/give_back.h"
#include "agent/receipts_up.h"
#include "agent/served_log.h"
#include "base/log.h"
#include "base/secret.h"
#include "feed/follower.h"
#include "net/stepper.h"
#include "transport/feed_server.h"

namespace rescind::agent {

class ServedFeed {
 public:
  struct Client {
    std::string id;
    Secret secret;
  };
  struct Options {
    std::vector<Client> clients;  // who may follow, by HTTP Basic as at the authority
    bool open = false;            // everybody may: for development
    Milliseconds heartbeat{1000};
    ServedLog::Options log;
    std::uint64_t fill_back = 4096;  // so many batches are fetched again after a restart
    ReceiptsUp::Options receipts;
  };
  struct Counters {
    transport::FeedServer::Counters server;
    std::size_t batches = 0;
    std::size_t bytes = 0;
    std::size_t followers = 0;  // whose receipts are passed on
  };

  // `origin`: upstream, for snapshots, earlier batches and receipts. On the loop's thread, or while
  // nobody runs it; all but the origin outlive this.
  ServedFeed(Options options, std::unique_ptr<feed::Origin> origin, net::Loop& loop,
             const Clock& clock, Log& log);
  ~ServedFeed();

  // For the follower that is served on, and where to find it (null: not yet).
  feed::Follower::Hearer hearer();
  void serve(std::function<const feed::Follower*()> follower);

  // For every path under /v1/feed. 401 for who is no client, 503 before the feed's keys are known.
  // On the loop.
  net::Handler handler();
  // Whether the request has the credentials of a client.
  bool may_follow(const net::Request& request) const;
  // Ends all streams and polls, as before the end of the process.
  void close() { server_.close(); }
  Counters counters() const;

 private:
  struct Passed {
    transport::FeedSnapshots::Named named;
    feed::Position position;
    std::function<void(Result<transport::FeedSnapshots::Named>)> then;
    BootTime until{};
  };
  transport::FeedServer::Options server_options();
  void on_place(const feed::Manifest& place);
  void on_link(const feed::Received& link);
  void on_heartbeat(const feed::Heartbeat& heartbeat, std::string_view jws);
  BootTime step(Now now);
  void fill_back();
  void pass_snapshot(std::function<void(Result<transport::FeedSnapshots::Named>)> then);
  void on_snapshot(Result<feed::Snapshot> snapshot,
                   const std::function<void(Result<transport::FeedSnapshots::Named>)>& then);
  void settle_snapshot(bool too_late);
  void hand_out(Passed passed);
  std::string keys() const;

  const Options options_;
  const std::unique_ptr<feed::Origin> origin_;
  const Clock& clock_;
  Log& events_;
  std::function<const feed::Follower*()> follower_;
  ServedLog log_;
  Backfill backfill_;
  ReceiptsUp receipts_;
  GiveBack give_back_;
  std::optional<Passed> waiting_;     // a snapshot that the log does not lead on from yet
  feed::Position snapshot_position_;  // of what is given out
  std::pair<std::uint64_t, WallTime> last_heartbeat_{};  // its term and time
  std::uint64_t back_ = 0;  // batches that are still to be fetched again
  BootTime back_due_{};
  transport::FeedServer server_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::LoopStepper stepper_;
};

}  // namespace rescind::agent
