#pragma once
// The indexes that the host's agent shares, one a feed, and in each the keys of the issuers whose
// revocations it has. Whichever thread finds its knowledge behind attaches anew, at most every 100
// ms where that leads to nothing; no other thread waits for it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "library/config.h"
#include "library/source.h"
#include "verifier/shared_keys.h"

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
  // One of the files, as it was found last.
  struct File {
    std::string path;
    std::unique_ptr<revocation::Index::Reader> reader;
    std::optional<std::string> keys_text;
    std::vector<verifier::SharedKeys> keys;  // what it says; none where it is damaged
    std::string error;
    BootTime attach_again;
  };
  SharedSource(SharedConfig config, verifier::TrustedIssuers policies)
      : config_(std::move(config)), policies_(std::move(policies)) {}
  Result<void> open_file(const std::string& path, Random& random) REQUIRES(mutex_);
  // Both: whether the keys are others than before.
  bool adopt(std::size_t place, std::shared_ptr<const revocation::IndexView> index)
      REQUIRES(mutex_);
  bool read_keys(std::size_t place) REQUIRES(mutex_);
  void put_keys() REQUIRES(mutex_);
  // Whether there is something new in the file at that place.
  bool search(std::size_t place, Now now) REQUIRES(mutex_);

  const SharedConfig config_;
  const verifier::TrustedIssuers policies_;  // with the keys of those that share a secret
  Tell tell_;
  mutable Mutex mutex_;
  Knowledge knowledge_ GUARDED_BY(mutex_);
  std::vector<File> files_ GUARDED_BY(mutex_);  // beside knowledge_.indexes
};

}  // namespace rescind::library
