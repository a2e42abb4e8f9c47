#pragma once
// The index that the host's agent shares, and the issuers' keys in it. Whichever thread finds its
// knowledge behind attaches anew, at most every 100 ms where that leads to nothing; no other thread
// waits for it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "library/config.h"
#include "library/source.h"

namespace rescind::library {

class SharedSource final : public Source {
 public:
  // kUnauthorized, kCorrupt for a file that is not to be believed (Mapping::attach_file), kInvalid
  // for issuers that cannot be. One that is not there yet is no error.
  static Result<std::unique_ptr<SharedSource>> open(
      const SharedConfig& config, const std::vector<issuer::IssuerOptions>& issuers,
      Random& random);

  Knowledge first() const override;
  void start(Tell tell) override { tell_ = std::move(tell); }
  bool look(Now now, std::string_view issuer_of_unknown_key) override;
  bool shared() const override { return true; }
  std::string error() const override;

 private:
  SharedSource(SharedConfig config, verifier::TrustedIssuers policies)
      : config_(std::move(config)), policies_(std::move(policies)) {}
  void adopt(std::shared_ptr<const revocation::IndexView> index) REQUIRES(mutex_);
  void read_keys() REQUIRES(mutex_);
  // Whether there is something new.
  bool search(Now now) REQUIRES(mutex_);

  const SharedConfig config_;
  const verifier::TrustedIssuers policies_;  // with the keys of those that share a secret
  Tell tell_;
  mutable Mutex mutex_;
  Knowledge knowledge_ GUARDED_BY(mutex_);
  std::unique_ptr<revocation::Index::Reader> reader_ GUARDED_BY(mutex_);  // of its index
  std::optional<std::string> keys_text_ GUARDED_BY(mutex_);  // as `knowledge_.issuers` have them
  std::string error_ GUARDED_BY(mutex_);
  BootTime attach_again_ GUARDED_BY(mutex_);
};

}  // namespace rescind::library
