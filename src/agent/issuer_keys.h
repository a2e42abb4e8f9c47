#pragma once
// The issuers' public keys beside the index of a host: fetched (issuer/issuers.h), and put where
// readers find them whenever they change. Until an issuer's keys have been fetched for the first
// time, those that readers had from the agent before are kept, for at most its max_key_age: an
// identity provider that is down while the agent is started again takes nothing from anybody.
//
// Steppable; one thread, the index's writer.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host_index.h"
#include "issuer/issuers.h"
#include "verifier/shared_keys.h"

namespace rescind::agent {

class IssuerKeys {
 public:
  struct Surroundings {
    const issuer::GetFor& get_for;  // used in open() only
    std::function<void()> wake;     // there is something to do before the deadline of step()
    Random& random;
    Log& log;
  };
  // `index` outlives it. Errors of Issuers::open.
  static Result<std::unique_ptr<IssuerKeys>> open(const std::vector<issuer::IssuerOptions>& issuers,
                                                  HostIndex& index, Surroundings surroundings);

  BootTime step(Now now);
  const issuer::Issuers& issuers() const { return *issuers_; }

 private:
  struct Kept {
    verifier::SharedKeys keys;
    Milliseconds at_most;
  };

  IssuerKeys(HostIndex& index, Log& log) : index_(index), log_(log) {}
  void keep_earlier(const std::vector<issuer::IssuerOptions>& issuers);
  void let_go(Now now);
  bool was_fetched(std::string_view issuer) const;
  BootTime share(Now now);
  verifier::TrustedIssuers all() const;

  HostIndex& index_;
  Log& log_;
  std::unique_ptr<issuer::Issuers> issuers_;
  std::vector<Kept> kept_;
  std::optional<BootTime> started_;
  bool shared_ = false;  // what readers find is what is known here
};

}  // namespace rescind::agent
