#include "library/shared_source.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "issuer/issuers.h"
#include "verifier/shared_keys.h"

namespace rescind::library {
namespace {

constexpr std::chrono::milliseconds kAttachAgain{100};
const std::vector<verifier::SharedKeys> kNoKeys;

// Stands for a region that is not there yet: nobody vouches for it, ever.
Result<std::shared_ptr<const revocation::IndexView>> nothing_known(Random& random) {
  TRY_ASSIGN(auto index,
             revocation::Index::create(random, {.initial_entries = 1, .max_entries = 64}));
  return index->view();
}

std::shared_ptr<const verifier::TrustedIssuers> with_keys(
    const verifier::TrustedIssuers& policies, const std::vector<verifier::SharedKeys>& shared) {
  std::vector<verifier::TrustedIssuer> issuers = policies.all();
  for (verifier::TrustedIssuer& issuer : issuers) {
    if (!issuer.keys->keys().empty()) continue;  // it shares a secret with us
    const auto found = std::ranges::find(shared, issuer.issuer, &verifier::SharedKeys::issuer);
    if (found != shared.end()) issuer.keys = found->keys;
  }
  return std::make_shared<const verifier::TrustedIssuers>(std::move(issuers));
}

}  // namespace

Result<std::unique_ptr<SharedSource>> SharedSource::open(
    const SharedConfig& config, const std::vector<issuer::IssuerOptions>& issuers, Random& random) {
  TRY_ASSIGN(verifier::TrustedIssuers policies, issuer::policies_of(issuers));
  TRY_ASSIGN(auto nothing, nothing_known(random));
  std::unique_ptr<SharedSource> source(new SharedSource(config, std::move(policies)));
  const MutexLock lock(source->mutex_);
  source->adopt(std::move(nothing));
  auto index = revocation::IndexView::attach(config.path, config.owner);
  if (index) {
    source->adopt(*std::move(index));
  } else {
    const ErrorCode code = index.error().code;
    const bool may_come = code == ErrorCode::kNotFound || code == ErrorCode::kUnavailable;
    if (!may_come) return std::unexpected(std::move(index).error());
    source->error_ = index.error().message;
  }
  return source;
}

Knowledge SharedSource::first() const {
  const MutexLock lock(mutex_);
  return knowledge_;
}

void SharedSource::adopt(std::shared_ptr<const revocation::IndexView> index) {
  reader_ = std::make_unique<revocation::Index::Reader>(index);
  knowledge_.index = std::move(index);
  read_keys();
}

// The generation first: who is overtaken by other keys reads them again. The same keys stay the
// same set, so that tokens that were seen before another agent took over stay known.
void SharedSource::read_keys() {
  knowledge_.keys_generation = reader_->keys_generation();
  ++knowledge_.number;
  auto text = reader_->keys();
  if (knowledge_.issuers && text == keys_text_) return;
  keys_text_ = std::move(text);
  const auto shared = verifier::parse_shared_keys(keys_text_.value_or(""));
  const bool readable = keys_text_ && shared;
  error_ = readable ? "" : "the issuers' keys in " + config_.path + " are damaged";
  // No key at all where they are damaged: then nothing can be decided.
  knowledge_.issuers = with_keys(policies_, readable ? *shared : kNoKeys);
}

bool SharedSource::look(Now now, std::string_view /*issuer_of_unknown_key*/) {
  // Another thread is at it: this one answers by what it knows.
  if (!mutex_.try_lock()) return false;
  Knowledge knowledge;
  {
    const MutexLock lock(mutex_, std::adopt_lock);
    if (!search(now)) return false;
    knowledge = knowledge_;
  }
  tell_(knowledge);
  return true;
}

bool SharedSource::search(Now now) {
  if (!knowledge_.index->superseded() && reader_->keys_generation() != knowledge_.keys_generation) {
    read_keys();
    return true;
  }
  if (now.boot < attach_again_) return false;
  attach_again_ = now.boot + kAttachAgain;
  auto index = revocation::IndexView::attach(config_.path, config_.owner);
  error_ = index ? "" : index.error().message;
  if (!index || (*index)->name() == knowledge_.index->name()) return false;
  adopt(*std::move(index));
  return true;
}

std::string SharedSource::error() const {
  const MutexLock lock(mutex_);
  return error_;
}

}  // namespace rescind::library
