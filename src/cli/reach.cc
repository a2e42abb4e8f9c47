#include "cli/reach.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/output.h"
#include "daemon/units.h"

namespace rescind::cli {
namespace {

// The authority allows for a word that was under way (authority/followers.cc).
constexpr Milliseconds kUnderWay{2'000};

constexpr const char* kNoFollowers = "no follower is known: none has reported to this authority";

Milliseconds time_of(json::Value object, std::string_view member) {
  const auto value = object.find(member);
  return Milliseconds(value ? value->integer().value_or(0) : 0);
}

std::string seconds_text(Milliseconds time) {
  return daemon::duration_text(std::chrono::ceil<std::chrono::seconds>(time));
}

std::string when(const FollowerReach& follower) {
  if (follower.after_ms) return milliseconds_text(*follower.after_ms);
  return follower.state == "applied" ? "before it was measured" : "";
}

}  // namespace

std::string milliseconds_text(double milliseconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", milliseconds);
  return text.data();
}

std::optional<Reach> reach_of(const Reply& reply) {
  if (!reply.has_body()) return std::nullopt;
  const auto propagation = reply.root().find("propagation");
  if (!propagation) return std::nullopt;
  Reach reach;
  const bool complete = text_of(*propagation, "complete") == "true";
  const auto list = propagation->find("followers");
  for (auto one = list ? list->first() : std::nullopt; one; one = one->next()) {
    FollowerReach& follower = reach.followers.emplace_back();
    follower.name = printable(text_of(*one, "name"));
    follower.state = printable(text_of(*one, "state"));
    follower.position = printable(text_of(*one, "position"));
    follower.when_stale = printable(text_of(*one, "when_stale"));
    follower.max_staleness = time_of(*one, "max_staleness_ms");
    follower.silent = time_of(*one, "silent_ms");
    if (const auto after = one->find("after_ms")) follower.after_ms = after->number();
  }
  reach.complete = complete && !reach.followers.empty();
  return reach;
}

std::string meanwhile(const FollowerReach& follower) {
  if (follower.state == "applied") return "";
  if (follower.state == "refusing") {
    return "refuses everybody: heard of nothing for " + seconds_text(follower.silent);
  }
  if (follower.state == "asking") return "asks the authority about each token";
  if (follower.when_stale == "accept" || follower.when_stale.empty()) {
    return "accepts, however long it hears of nothing";
  }
  const Milliseconds left =
      std::max(follower.max_staleness + kUnderWay - follower.silent, Milliseconds(0));
  const std::string then = follower.when_stale == "refuse" ? "refuses" : "asks the authority";
  return "accepts, " + seconds_text(left) + " at most; then it " + then;
}

std::vector<std::string> lines_of(const Reach& reach) {
  if (reach.followers.empty()) return {kNoFollowers};
  std::vector<std::vector<std::string>> rows;
  for (const FollowerReach& one : reach.followers) {
    rows.push_back({one.name, one.state, when(one), one.position, meanwhile(one)});
  }
  return table_lines({"FOLLOWER", "STATE", "AFTER", "POSITION", "MEANWHILE"}, rows);
}

std::string line_of(const FollowerReach& follower) {
  const std::string detail = follower.state == "applied" ? when(follower) : meanwhile(follower);
  return follower.name + "  " + follower.state + (detail.empty() ? "" : "  " + detail);
}

Exit report_reach(const Reach& reach) {
  if (reach.complete) return Exit::kOk;
  if (reach.followers.empty()) {
    return report(Exit::kInPart,
                  "revoked, but no follower has reported to this authority since its start, or for "
                  "an hour: nobody but the authority is known to refuse it; see `rescind follower "
                  "ls`, and the followers' own /healthz/ready");
  }
  std::string names;
  for (const FollowerReach& one : reach.followers) {
    if (!one.is_missing()) continue;
    names += (names.empty() ? "" : ", ") + one.name + " (" + meanwhile(one) + ")";
  }
  return report(Exit::kInPart, "revoked, but not yet applied by: " + names);
}

}  // namespace rescind::cli
