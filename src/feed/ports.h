#pragma once
// Where the feed meets the world: interfaces, each with a conformance suite beside its test
// (`*_conformance.h`) that every adapter runs. None of them throws.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "feed/batch.h"

namespace rescind::feed {

struct Head {
  Position position;  // {0, 0}: nothing yet
  Digest hash{};
  WallTime at{};  // read *before* the head: all that was acknowledged before `at` is in it
};

// A snapshot as it travels: the signed manifest (feed/manifest.h) and the segments that it names,
// in its order.
struct Snapshot {
  std::string manifest;  // a JWS
  std::vector<std::string> segments;
};

// The durable, ordered log of batches. The authority's is its store; an agent serves one on.
// Blocking.
class BatchLog {
 public:
  virtual ~BatchLog() = default;
  virtual Result<Head> head() = 0;
  // Up to `limit` batches after `after`, in order; empty at the head. kGone: older than what is
  // kept. kConflict: `after` is none of this log's positions (ahead of it, or of a lost branch).
  virtual Result<std::vector<Sealed>> read_after(Position after, std::size_t limit) = 0;
  // A recent snapshot, no older than the log's tail reaches.
  virtual Result<Snapshot> snapshot() = 0;
};

// What a follower says upwards.
struct Report {
  std::string follower;  // its name
  Position applied;
  Digest hash{};
  std::string policy;  // refuse | accept | introspect, and the staleness bound
  // By which road the batch at `applied` came first: its URL's scheme, or kFromOrigin where it was
  // fetched; empty: not known, or no batch (a snapshot).
  std::string road;
  // How long ago that batch was applied, by the follower's own clock of boot time: so a receipt
  // that waits for its turn says no worse of the feed than one that goes at once.
  std::optional<std::chrono::microseconds> age;
  std::optional<std::string>
      proof;  // histories disagree: the last signed word that names `applied`
};

// As the road of a batch that was fetched from the origin.
inline constexpr std::string_view kFromOrigin = "origin";

// Where a follower gets what it misses: the authority's long poll, an agent upstream, or a
// simulation. Answers come later, on the thread of the caller's loop, exactly once, or never after
// its end.
class Origin {
 public:
  template <typename T>
  using Then = std::function<void(Result<T>)>;

  virtual ~Origin() = default;
  // JWSs of the batches after `after`. kGone and kConflict as BatchLog::read_after.
  virtual void batches_after(Position after, Then<std::vector<std::string>> then) = 0;
  virtual void snapshot(Then<Snapshot> then) = 0;
  // A heartbeat, now: what is the head?
  virtual void heartbeat(Then<std::string> then) = 0;
  virtual void report(const Report& report, Then<void> then) = 0;
  // Batches that the authority has signed and lost. True: it has not got all that it needs.
  virtual void give_back(const std::vector<std::string>& /*words*/, Then<bool> then) {
    std::exchange(then,
                  {})(fail(ErrorCode::kUnavailable, "lost batches are not taken back by this way"));
  }
};

// A follower's own memory over restarts: one opaque blob, replaced atomically and durably.
// Blocking.
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;
  virtual Result<std::optional<std::string>> load() = 0;
  virtual Result<void> save(std::string_view blob) = 0;
};

// A subscription's events, on the thread of the subscriber's loop.
struct Subscriber {
  std::function<void(std::string_view jws)> on_word;
  std::function<void(bool connected)> on_state;
};
// Ends the subscription when it is destroyed: no event comes after.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// The sending end of a road. At least once, in order; the chain finds out what a road does to it.
// What is said to be published has been confirmed by whoever is to keep it. Blocking, where there
// is a broker to wait for: such a one has its publisher on a thread of its own.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<void> publish(const Sealed& batch) = 0;
  // Several, one after the other: how many of them, from the first, are published; the error where
  // none is. A broker's adapter sends them all before it waits.
  virtual Result<std::size_t> publish_all(std::span<const Sealed> batches);
  virtual Result<void> publish_heartbeat(std::string_view jws) = 0;
  // Whether this road has a place for a snapshot beside its batches, for who can reach nothing but
  // the broker; and putting one there, instead of the one before.
  virtual bool keeps_snapshots() const { return false; }
  virtual Result<void> publish_snapshot(const Snapshot& /*snapshot*/) { return {}; }
  // Reaches whoever is to keep it and finds out whether it would; publishes nothing.
  virtual Result<void> check() { return {}; }
};

// Which of several nodes publishes to a transport, and how far that has got. For a fixed time, at
// the end of which another may take it; who is overtaken by that repeats some batches, no more.
// Blocking.
class Lease {
 public:
  virtual ~Lease() = default;
  // It is ours now: what was published last under it ({0, 0}: nothing yet). Nothing while another
  // has it.
  virtual Result<std::optional<Position>> acquire() = 0;
  // Up to here all is published, and it is ours for its time again. False: another has it.
  virtual Result<bool> advance(Position published) = 0;
  // Another may have it at once.
  virtual Result<void> release() = 0;
};

// The receiving end. `after` is asked at each (re)connect: where to go on.
class Road {
 public:
  virtual ~Road() = default;
  virtual std::unique_ptr<Subscription> subscribe(std::function<Position()> after,
                                                  Subscriber subscriber) = 0;
  // A road that leads both ways carries receipts up while it is open: true, and `then` is called
  // later, once, with what the other end says. False: it does not, now.
  virtual bool report(const Report& /*report*/, const Origin::Then<void>& /*then*/) {
    return false;
  }
};

}  // namespace rescind::feed
