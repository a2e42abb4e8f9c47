#include "feed/lost_run.h"

#include <unordered_map>
#include <utility>

namespace rescind::feed {

LostRun::LostRun(Proof proof, const Place& common, std::size_t max_bytes)
    : proof_(std::move(proof)),
      common_(common),
      missing_{.position = proof_.position, .head = proof_.hash},
      room_(max_bytes) {}

std::size_t LostRun::take(std::span<const std::string> words) {
  std::unordered_map<std::string, const std::string*> by_hash;  // few: an answer, a request
  for (const std::string& jws : words) by_hash.emplace(to_hex(sha256(jws)), &jws);
  std::size_t taken = 0;
  while (!complete() && missing_.position.number > common_.position.number) {
    const auto found = by_hash.find(to_hex(missing_.head));
    if (found == by_hash.end() || found->second->size() > room_) break;
    auto word = read_word(*found->second);
    auto* batch = word ? std::get_if<Batch>(&word->content) : nullptr;
    // Signed by us, and yet not what it should be: better a cut than a guess.
    if (batch == nullptr || batch->issuer != proof_.issuer || batch->feed != proof_.feed ||
        batch->position.number != missing_.position.number) {
      break;
    }
    room_ -= found->second->size();
    missing_.head = batch->previous;
    --missing_.position.number;
    // Its term is not told, but where it is the shared one.
    if (missing_.position.number == common_.position.number && missing_.head == common_.head) {
      missing_ = common_;
    }
    batches_.push_front(std::move(*batch));
    ++taken;
  }
  return taken;
}

}  // namespace rescind::feed
