#include "library/shared_source.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "issuer/issuers.h"

namespace rescind::library {
namespace {

constexpr std::chrono::milliseconds kAttachAgain{100};

// Stands for a region that is not there yet: nobody vouches for it, ever.
Result<std::shared_ptr<const revocation::IndexView>> nothing_known(Random& random) {
  TRY_ASSIGN(auto index,
             revocation::Index::create(random, {.initial_entries = 1, .max_entries = 64}));
  return index->view();
}

}  // namespace

Result<std::unique_ptr<SharedSource>> SharedSource::open(
    const SharedConfig& config, const std::vector<issuer::IssuerOptions>& issuers, Random& random) {
  TRY_ASSIGN(verifier::TrustedIssuers policies, issuer::policies_of(issuers));
  std::unique_ptr<SharedSource> source(new SharedSource(config, std::move(policies)));
  const MutexLock lock(source->mutex_);
  for (const std::string& path : config.paths) TRY(source->open_file(path, random));
  source->put_keys();
  return source;
}

Result<void> SharedSource::open_file(const std::string& path, Random& random) {
  TRY_ASSIGN(auto nothing, nothing_known(random));
  const std::size_t place = files_.size();
  files_.push_back({.path = path});
  knowledge_.indexes.emplace_back();
  adopt(place, std::move(nothing));
  auto index = revocation::IndexView::attach(path, config_.owner);
  if (index) {
    adopt(place, *std::move(index));
    return {};
  }
  const ErrorCode code = index.error().code;
  const bool may_come = code == ErrorCode::kNotFound || code == ErrorCode::kUnavailable;
  if (!may_come) return std::unexpected(std::move(index).error());
  files_[place].error = index.error().message;
  return {};
}

Knowledge SharedSource::first() const {
  const MutexLock lock(mutex_);
  return knowledge_;
}

bool SharedSource::adopt(std::size_t place, std::shared_ptr<const revocation::IndexView> index) {
  files_[place].reader = std::make_unique<revocation::Index::Reader>(index);
  knowledge_.indexes[place].index = std::move(index);
  return read_keys(place);
}

// The generation first: who is overtaken by other keys reads them again.
bool SharedSource::read_keys(std::size_t place) {
  File& file = files_[place];
  knowledge_.indexes[place].keys_generation = file.reader->keys_generation();
  const std::optional<std::string> before = std::exchange(file.keys_text, file.reader->keys());
  auto keys = verifier::parse_shared_keys(file.keys_text.value_or(""));
  const bool readable = file.keys_text && keys;
  file.error = readable ? "" : "the issuers' keys in " + file.path + " are damaged";
  // No key at all where they are damaged: then nothing can be decided.
  file.keys = readable ? *std::move(keys) : std::vector<verifier::SharedKeys>();
  return file.keys_text != before;
}

void SharedSource::put_keys() {
  std::vector<verifier::TrustedIssuer> issuers = policies_.all();
  for (verifier::TrustedIssuer& issuer : issuers) {
    if (!issuer.keys->keys().empty()) continue;  // it shares a secret with us
    const auto& keys = files_[issuer.index].keys;
    const auto found = std::ranges::find(keys, issuer.issuer, &verifier::SharedKeys::issuer);
    if (found != keys.end()) issuer.keys = found->keys;
  }
  knowledge_.issuers = std::make_shared<const verifier::TrustedIssuers>(std::move(issuers));
}

bool SharedSource::look(Now now, std::string_view /*issuer_of_unknown_key*/) {
  // Another thread is at it: this one answers by what it knows.
  if (!mutex_.try_lock()) return false;
  Knowledge knowledge;
  {
    const MutexLock lock(mutex_, std::adopt_lock);
    bool found = false;
    for (std::size_t place = 0; place < files_.size(); ++place) found |= search(place, now);
    if (!found) return false;
    ++knowledge_.number;
    knowledge = knowledge_;
  }
  tell_(knowledge);
  return true;
}

// The same keys stay the same set, so that tokens that were seen before another agent took over
// stay known.
bool SharedSource::search(std::size_t place, Now now) {
  File& file = files_[place];
  const Knowledge::Known& known = knowledge_.indexes[place];
  bool other_keys = false;
  if (!known.index->superseded() && file.reader->keys_generation() != known.keys_generation) {
    other_keys = read_keys(place);
  } else {
    if (now.boot < file.attach_again) return false;
    file.attach_again = now.boot + kAttachAgain;
    auto index = revocation::IndexView::attach(file.path, config_.owner);
    file.error = index ? "" : index.error().message;
    if (!index || (*index)->name() == known.index->name()) return false;
    other_keys = adopt(place, *std::move(index));
  }
  if (other_keys) put_keys();
  return true;
}

std::string SharedSource::error() const {
  const MutexLock lock(mutex_);
  for (const File& file : files_) {
    if (!file.error.empty()) return file.error;
  }
  return "";
}

}  // namespace rescind::library
