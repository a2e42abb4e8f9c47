#pragma once
// The authority in the simulated world: the real committer and log over SQLite, in a process that
// dies and starts again, with backups that are restored. What the real revoker and sign-in do
// around a transaction stands here in short.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "feed/ports.h"
#include "feed/publisher.h"
#include "jwt/signing_key.h"
#include "simulation/faults.h"
#include "simulation/oracle.h"
#include "simulation/world.h"
#include "store/committer.h"
#include "store/store_log.h"

namespace rescind::simulation {

class Authority {
 public:
  struct Parts {
    World& world;
    const Faults& faults;
    Plant plant;
    Oracle& oracle;
    std::string folder;  // for its database; empty at first
  };
  Authority(const Parts& parts, feed::Transport& road);
  ~Authority();

  void start();
  void crash();
  bool up() const { return committer_ != nullptr; }
  void back_up();
  void restore();
  bool has_backup() const { return backup_order_ != 0; }
  void change_key();

  // The sign-in takes a while; a token is minted if nothing dies meanwhile.
  void sign_in(const std::string& user);
  void revoke(bool whole_user, const std::string& name);
  // A follower's report that has come here. kUnavailable while down.
  Result<void> take(const feed::Report& report);
  // kUnavailable while down.
  feed::BatchLog& log();
  std::shared_ptr<const jwt::SigningKey> key() const { return key_; }
  MachineClock& clock() { return clock_; }

  static std::shared_ptr<const jwt::KeySet> first_keys();

 private:
  class Log;
  void open_publisher();
  BootTime step(Now now);
  void on_commit();
  void mint(const std::string& user, std::optional<revocation::Position> stamp,
            std::uint64_t began);
  revocation::UntilSeconds until_of(bool whole_user, const std::string& name, WallTime at) const;

  Parts parts_;
  feed::Transport& road_;
  MachineClock clock_;
  NullLog null_log_;
  int key_number_ = 0;
  std::shared_ptr<const jwt::SigningKey> key_;
  std::unique_ptr<store::Committer> committer_;
  std::unique_ptr<store::StoreLog> store_log_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<feed::Publisher> publisher_;
  std::unique_ptr<Stepper> committer_stepper_;
  std::unique_ptr<Stepper> publisher_stepper_;
  revocation::Position published_;  // as the lease remembers it
  revocation::Position told_;       // the oracle, of batches up to here
  std::uint64_t backup_order_ = 0;
  revocation::Position backup_told_;
  std::map<std::string, WallTime> last_expiry_;  // of a user's and of a session's tokens
  std::uint64_t sessions_ = 0;
  bool answers_lost_ = false;
  std::uint64_t lives_ = 0;
};

}  // namespace rescind::simulation
