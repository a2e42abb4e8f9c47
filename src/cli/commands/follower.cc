#include <array>
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/output.h"
#include "cli/reach.h"
#include "cli/screen.h"
#include "daemon/units.h"

namespace rescind::cli {
namespace {

Result<Reply> followers(const Globals& globals) {
  TRY_ASSIGN(std::string authorization, client_authorization());
  return call(globals, {.path = "/v1/followers", .authorization = std::move(authorization)});
}

std::string milliseconds_of(json::Value object, std::string_view member) {
  const auto value = object.find(member);
  const auto number = value ? value->number() : std::nullopt;
  return number ? milliseconds_text(*number) : "";
}

// "3 (1200 ms)": batches, and since when.
std::string lag_of(json::Value follower) {
  const std::string batches = text_of(follower, "behind_batches");
  const std::string since = text_of(follower, "behind_ms");
  return batches + (since.empty() ? "" : " (" + since + " ms)");
}

std::string policy_of(json::Value follower) {
  const auto bound = follower.find("max_staleness_ms");
  const Milliseconds time(bound ? bound->integer().value_or(0) : 0);
  return text_of(follower, "when_stale") + " after " + daemon::duration_text(time);
}

std::vector<std::string> table_of(const Reply& reply) {
  std::vector<std::vector<std::string>> rows;
  const auto list = reply.root().find("followers");
  for (auto one = list ? list->first() : std::nullopt; one; one = one->next()) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string& cell :
         {text_of(*one, "name"), text_of(*one, "state"), text_of(*one, "position"), lag_of(*one),
          milliseconds_of(*one, "last_delay_ms"), text_of(*one, "road"), policy_of(*one),
          text_of(*one, "silent_ms") + " ms"}) {
      row.push_back(printable(cell));
    }
  }
  return table_lines(
      {"NAME", "STATE", "POSITION", "BEHIND", "LAST DELAY", "ROAD", "WHEN STALE", "SILENT FOR"},
      rows);
}

Exit list(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto reply = followers(globals);
  if (!reply) return report(reply.error());
  if (globals.output != Output::kTable) {
    print_list(globals, *reply, "followers", {});
    return Exit::kOk;
  }
  print_lines(table_of(*reply));
  say(globals, "head " + reply->text("head"));
  return Exit::kOk;
}

// How often somebody revokes, from two answers.
class Rate {
 public:
  std::string text(const Reply& reply, BootTime now) {
    const auto member = reply.root().find("revocations");
    const std::int64_t count = member ? member->integer().value_or(0) : 0;
    std::string text = std::to_string(count) + " revocations";
    if (since_ && count >= count_ && now > *since_) {
      const double seconds = std::chrono::duration<double>(now - *since_).count();
      std::array<char, 32> rate{};
      std::snprintf(rate.data(), rate.size(), " (%.1f/s)",
                    static_cast<double>(count - count_) / seconds);
      text += rate.data();
    }
    since_ = now;
    count_ = count;
    return text;
  }

 private:
  std::optional<BootTime> since_;
  std::int64_t count_ = 0;
};

std::string propagation_text(const Reply& reply) {
  const auto propagation = reply.root().find("propagation");
  if (!propagation || text_of(*propagation, "measured") == "0") return "delays not measured yet";
  return "delay p50 " + milliseconds_of(*propagation, "p50_ms") + ", p99 " +
         milliseconds_of(*propagation, "p99_ms") + " of " + text_of(*propagation, "measured");
}

Result<Milliseconds> interval_of(const Invocation& invocation) {
  const auto every = daemon::parse_duration(invocation.option("--every", "1s"));
  if (!every || *every < Milliseconds(100)) {
    return fail(ErrorCode::kInvalid, "--every: write a duration of 100ms or more");
  }
  return *every;
}

Exit top(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  const auto every = interval_of(invocation);
  if (!every) return report(every.error());
  const SystemClock clock;
  Screen screen;
  Rate rate;
  const bool once =
      invocation.has("--once") || globals.output != Output::kTable || !screen.is_terminal();
  std::vector<std::string> lines;
  for (;;) {
    const auto reply = followers(globals);
    if (!reply && (once || lines.empty())) return report(reply.error());
    if (!reply) {
      lines.front() = printable(reply.error().message);  // what was known stays below it
    } else if (globals.output != Output::kTable) {
      print_list(globals, *reply, "followers", {});
    } else {
      lines = table_of(*reply);
      lines.insert(lines.begin(),
                   {"head " + printable(reply->text("head")) + "   " +
                        rate.text(*reply, clock.now().boot) + "   " + propagation_text(*reply),
                    ""});
    }
    if (once) {
      print_lines(lines);
      return Exit::kOk;
    }
    screen.show(lines);
    pause_for(*every);
  }
}

}  // namespace

std::vector<Command> follower_commands() {
  return {{.words = {"follower", "ls"},
           .summary = "who follows, how far, and what it does when it hears nothing",
           .positionals = {},
           .options = {},
           .run = list},
          {.words = {"top"},
           .summary = "followers, delays and revocations, live; once where there is no terminal",
           .positionals = {},
           .options = {{.name = "--every", .value = "TIME", .help = "as 1s, the default"},
                       {.name = "--once", .value = "", .help = "one look"}},
           .run = top}};
}

}  // namespace rescind::cli
