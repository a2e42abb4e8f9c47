#pragma once
// The authority in the simulated world: a store, publishers, a process that dies and starts again,
// backups that are restored. What the real revoker and sign-in do around a transaction stands here
// in short.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feed/ports.h"
#include "jwt/signing_key.h"
#include "simulation/broker.h"
#include "simulation/faults.h"
#include "simulation/oracle.h"
#include "simulation/plant.h"
#include "simulation/publishing.h"
#include "simulation/store.h"
#include "simulation/world.h"

namespace rescind::simulation {

class Authority {
 public:
  struct Parts {
    World& world;
    const Faults& faults;
    Plant plant;
    Oracle& oracle;
  };
  Authority(const Parts& parts, std::unique_ptr<Store> store,
            const std::vector<std::unique_ptr<Broker>>& brokers);
  ~Authority();

  void start();
  void crash();
  void crash_for_a_while();
  bool up() const { return up_; }
  void back_up();
  void restore();
  bool has_backup() const { return backup_order_ != 0; }
  void change_key();
  void pause_a_publisher();

  // The sign-in takes a while; a token is minted if nothing dies meanwhile.
  void sign_in(const std::string& user);
  void revoke(bool whole_user, const std::string& name);
  // Writes what only a later version knows.
  void write_newer(bool is_critical);
  // A follower's report that has come here. kUnavailable while down.
  Result<void> take(const feed::Report& report);
  // kUnavailable while down.
  feed::BatchLog& log();
  std::shared_ptr<const jwt::SigningKey> key() const { return key_; }
  MachineClock& clock() { return clock_; }

  static std::shared_ptr<const jwt::KeySet> first_keys();

 private:
  class Log;
  BootTime step(Now now);
  void on_commit();
  void mint(const std::string& user, feed::Position stamp, std::uint64_t began);
  revocation::UntilSeconds until_of(bool whole_user, const std::string& name, WallTime at) const;

  Parts parts_;
  MachineClock clock_;
  Dice dice_;
  Dice deaths_;
  int key_number_ = 0;
  std::shared_ptr<const jwt::SigningKey> key_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Log> log_;
  std::vector<std::unique_ptr<Publishing>> publishing_;
  std::unique_ptr<Stepper> stepper_;
  bool up_ = false;
  revocation::Position told_;  // the oracle, of batches up to here
  std::uint64_t backup_order_ = 0;
  revocation::Position backup_told_;
  std::map<std::string, WallTime> last_expiry_;     // of a user's and of a session's tokens
  std::map<std::string, feed::Position> last_cut_;  // of them, where that was committed
  feed::Position issuer_cut_;
  std::uint64_t sessions_ = 0;
  bool answers_lost_ = false;
  std::uint64_t lives_ = 0;
};

}  // namespace rescind::simulation
