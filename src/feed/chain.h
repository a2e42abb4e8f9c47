#pragma once
// A follower's place in the chain, what may come next, and the history that it keeps: terms, keys
// with their announcements, rules, and the last signed word that names its position. Decides
// nothing about signatures but for runs, where the last one vouches for the others. One thread.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "feed/batch.h"
#include "feed/manifest.h"

namespace rescind::feed {

// A batch as it came.
struct Received {
  Batch batch;
  Digest hash{};
  std::string key_id;
  std::string jws;
  std::string road;  // as in a Report
};

struct Place {
  Position position;
  Digest head{};
  bool operator==(const Place&) const = default;
};

// Whether the batch is the next link after this place: the next number, the hash, and the term as
// before, or a greater one where the batch begins it.
bool follows(const Batch& batch, const Place& place);

// How many batches at the start of `run` may be applied: they link, and the last of them bears a
// good signature, which vouches for those before it through their hashes. A `keys` batch ends it,
// so that its own signature is checked under the keys held before it.
std::size_t vouched(std::span<const Received> run, const Place& place, const jwt::KeySet& keys);

class Chain {
 public:
  enum class Fit {
    kNext,
    kKnown,    // in our history: applied before
    kAhead,    // beyond ours, with a gap between
    kForeign,  // of another branch
  };

  explicit Chain(std::shared_ptr<const jwt::KeySet> keys) : keys_(std::move(keys)) {}

  Fit fit(const Batch& batch, const Digest& hash) const;
  // Where a signed head stands: kKnown also for our own place.
  Fit fit(const Place& head) const;

  // The next link, which has been found genuine.
  void advance(const Received& next);
  // A snapshot's or checkpoint's place and history, with the signed word that names it.
  void adopt(const Manifest& manifest, std::string proof);
  // A later word that names our place.
  void confirm(std::string proof) { proof_ = std::move(proof); }
  void trust(std::shared_ptr<const jwt::KeySet> keys) { keys_ = std::move(keys); }

  const Place& place() const { return place_; }
  Position position() const { return place_.position; }
  const std::vector<Term>& terms() const { return terms_; }
  const jwt::KeySet& keys() const { return *keys_; }
  const std::shared_ptr<const revocation::Rules>& rules() const { return rules_; }
  const std::string& proof() const { return proof_; }
  // All of it but issuer, feed, times and segments.
  Manifest manifest() const;

 private:
  Place place_;
  std::vector<Term> terms_;
  std::shared_ptr<const jwt::KeySet> keys_;
  std::vector<std::string> announcements_;
  std::shared_ptr<const revocation::Rules> rules_;
  std::string proof_;
};

}  // namespace rescind::feed
