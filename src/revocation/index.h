#pragma once
// The exact set of live revocations: who asks gets yes or no, never maybe. Rebuilt from snapshot
// and feed, purged at expiry, never "un-revoked".
//
// Two sets: entries without a cut are the many (16-byte key, until, reason; 24 to 27 bytes each,
// all told); entries with a cut are few (about 45). Until is kept in units of 4 s, rounded up.
// Where a key lands is mixed with a secret of this index, so chosen names cannot pile up.
//
// Threads: one writer (every function of Index not marked otherwise), any number of readers, each
// with a `Reader` of its own (one thread each, cheap, make it once), in this process or, over
// IndexView::attach, in another. Readers take no lock and never wait; growth and purge are
// invisible to them (shards.h says why). What a Reader reads lives as long as it does. A lookup
// that finds nothing costs half a cache line beside what is always near, one that finds something
// two more. Building and tearing down costs some microseconds; what is reserved are addresses (72
// bytes for each of max_entries), not memory.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "revocation/freshness.h"
#include "revocation/index_view.h"
#include "revocation/position.h"
#include "revocation/revocation.h"
#include "revocation/rules.h"

namespace rescind::revocation {

// What the index knows of its feed beside the entries.
struct FeedState {
  Position position;  // the last link applied in order
  Digest head{};      // hash of that batch
  Freshness freshness;
  bool ready = false;      // a head seen after the start has been reached
  bool can_follow = true;  // false after a critical batch that is not understood: stale
};

class Index {
 public:
  struct Options {
    std::size_t initial_entries = 1024;
    std::size_t max_entries = std::size_t{1} << 28U;
    // Of at least reserved_bytes(max_entries), with nothing in it yet; null: private memory.
    std::shared_ptr<Mapping> memory;
  };
  static std::size_t reserved_bytes(std::size_t max_entries);
  // `random` gives the index its secret; used here only.
  static Result<std::unique_ptr<Index>> create(Random& random, const Options& options);
  ~Index();

  // Joins the entry to what is there. True where that changed something; an entry that is not there
  // and whose until is under the purge time is forgotten already: false. kExhausted past
  // max_entries or out of memory: then nothing changed and the caller is to stop being fresh.
  Result<bool> apply(const Entry& entry);
  // Makes room for so many entries without a cut at once, as before a snapshot is loaded: faster
  // than growing on the way. kExhausted: nothing changed.
  Result<void> reserve(std::size_t plain_entries);
  // Rules that say the same change nothing. kInvalid (parse_rules says what), kExhausted,
  // kTooLarge: those before stay.
  Result<void> set_rules(std::shared_ptr<const Rules> rules);
  // The issuers' keys, for readers that have no network: a text that the index does not look into
  // (verifier/shared_keys.h). The same errors.
  Result<void> set_keys(std::string_view keys);
  void set_state(const FeedState& state);

  // Forgets what no living token can need: until < purge time. The purge time never falls; it moves
  // to the smaller of now.wall and the feed's authority time, at most twice as fast as the
  // boot-time clock since the last call. Sweeps at most `buckets` buckets of 14 entries (≈ 15 ns
  // each), and may give a shard's memory back; true when the sweep is complete. Call it again and
  // again: a whole sweep every 4 s keeps what is due no longer than that.
  bool purge(Now now, std::size_t buckets);
  // A restart goes on from the snapshot's.
  void raise_purge_time(WallTime at_least);
  WallTime purge_time() const;  // any thread

  std::size_t entries() const;  // any thread; live ones, both tables
  std::size_t bytes() const;    // any thread; of all memory held

  // All live entries, in no order: for a snapshot. Writer's thread.
  void for_each(const std::function<void(const Entry&)>& visit) const;
  // Equal for equal sets of entries, whatever the order and secret: for tests and comparison. The
  // SHA-256 of the names of their segments, so a snapshot's is known without an index. Slow.
  Digest digest() const;
  const FeedState& state() const;              // writer's thread
  std::shared_ptr<const Rules> rules() const;  // any thread
  // What readers attach to; any thread.
  const std::shared_ptr<const IndexView>& view() const;

  class Reader {
   public:
    explicit Reader(std::shared_ptr<const IndexView> view);
    explicit Reader(const Index& index) : Reader(index.view()) {}
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    // The reason of the entry without a cut, if there is one.
    std::optional<revocation::Reason> find(const Key& key) const;
    struct CutEntry {
      Stamp cut;
      revocation::Reason reason;
    };
    std::optional<CutEntry> find_cut(const Key& key) const;
    // Grows with every applied change: what was not revoked at this version is not revoked while it
    // stays. Read it before looking up.
    std::uint64_t version() const;
    // The same for entries with a cut alone, which change seldom.
    std::uint64_t cut_version() const;
    FeedState state() const;
    // Read it after looking up: who finds nothing because it was purged sees the time that purged
    // it, and refuses what had expired by then.
    WallTime purge_time() const;
    // The rules, and their generation, which grows with each change. Read the generation first. The
    // reference is good until the next call (which, after a change, reads them anew). Null where
    // the region is damaged; empty ones where none were set.
    const std::shared_ptr<const Rules>& rules() const;
    std::uint64_t rules_generation() const;
    // The text of Index::set_keys; nothing where the region is damaged.
    std::optional<std::string> keys() const;
    std::uint64_t keys_generation() const;
    const std::shared_ptr<const IndexView>& view() const;

   private:
    struct Body;
    std::unique_ptr<Body> body_;
  };

 private:
  struct Body;
  explicit Index(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace rescind::revocation
