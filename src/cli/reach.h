#pragma once
// Who has applied a revocation, as the authority's `propagation` has it (docs/api.md), for people:
// tables, names, and what those do meanwhile who have not.

#include <optional>
#include <string>
#include <vector>

#include "cli/api.h"
#include "cli/command.h"

namespace rescind::cli {

struct FollowerReach {
  std::string name;   // printable
  std::string state;  // applied, refusing, asking, missing
  std::string position;
  std::optional<double> after_ms;  // the commit
  std::string when_stale;          // refuse, introspect, accept
  Milliseconds max_staleness{0};
  Milliseconds silent{0};

  bool is_missing() const { return state == "missing"; }
};

struct Reach {
  std::vector<FollowerReach> followers;
  bool complete = false;  // never without followers: that would say nothing
};

// Of an answer's `propagation`; nothing where there is none.
std::optional<Reach> reach_of(const Reply& reply);

// What one does that has not applied it: "accepts, 28s at most".
std::string meanwhile(const FollowerReach& follower);
// A table of them all.
std::vector<std::string> lines_of(const Reach& reach);
// One line of it, for what changes while somebody watches.
std::string line_of(const FollowerReach& follower);
// kOk where it is complete. kInPart with the names on standard error, or with the sentence that no
// follower is known.
Exit report_reach(const Reach& reach);

// "2.8 ms".
std::string milliseconds_text(double milliseconds);

}  // namespace rescind::cli
