#pragma once
// When a follower says upwards how far it has come: at most once per `every`, at once when a batch
// asks for it, and now and then with nothing new, so that the authority knows it lives. Also shows
// the proof of a lost history until that has been taken. Steppable, one thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "feed/chain.h"
#include "feed/upstream.h"

namespace rescind::feed {

class Receipts {
 public:
  struct Options {
    std::string follower;
    std::string policy;
    Milliseconds every{1000};
  };
  static constexpr int kQuietIntervals = 10;  // with nothing new, each tenth interval

  Receipts(Options options, Upstream& upstream)
      : options_(std::move(options)), upstream_(upstream) {}

  // A batch was linked, or a snapshot taken (then without a road).
  void applied(bool at_once, std::string_view road, BootTime now);
  // Histories disagree: `proof` names `place`.
  void show(const Place& place, std::string proof);

  BootTime step(BootTime now, const Place& place);
  void answered(bool taken);

 private:
  struct Shown {
    Place place;
    std::string proof;
  };
  Report report_of(const Place& place, BootTime now) const;
  BootTime due() const;

  Options options_;
  Upstream& upstream_;
  std::optional<Shown> proof_;
  bool proof_sent_ = false;
  bool asking_ = false;
  bool news_ = false;
  bool at_once_ = false;
  std::string road_;                    // of what was applied last
  std::optional<BootTime> applied_at_;  // only of a batch
  std::optional<BootTime> last_;
};

}  // namespace rescind::feed
