#pragma once
// The batches of a history that was lost, found again from its proven head backward: each is the
// one whose hash the batch after it names, and the head's is in the proof. So nothing gets in that
// was not under the feed's own key, whoever brings it and whatever else they bring, and nothing
// that is not is kept. Pure, one thread.

#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "feed/chain.h"
#include "feed/proof.h"

namespace rescind::feed {

class LostRun {
 public:
  // `proof` is believed; `common`: the last batch that the lost history shares with the log.
  // `max_bytes` of batches are kept.
  LostRun(Proof proof, const Place& common, std::size_t max_bytes);

  // Takes what continues the run, in whatever order it stands there. How many batches that were.
  std::size_t take(std::span<const std::string> words);
  // What is here already was taken at another time: it goes on from there.
  void go_on_from(const Place& missing) { missing_ = missing; }
  // The newest batch that is not here: its number, and its hash.
  const Place& missing() const { return missing_; }
  // It reaches back to what is shared: nothing of the lost history is missing.
  bool complete() const { return missing_ == common_; }
  const Place& common() const { return common_; }
  Position head() const { return proof_.position; }
  // Oldest first.
  const std::deque<Batch>& batches() const { return batches_; }
  // Those, which are the caller's from here on; the run goes on before them. They still count.
  std::deque<Batch> let_go() { return std::exchange(batches_, {}); }

 private:
  Proof proof_;
  Place common_;
  Place missing_;
  std::size_t room_;
  std::deque<Batch> batches_;
};

}  // namespace rescind::feed
