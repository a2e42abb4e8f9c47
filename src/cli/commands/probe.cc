#include <algorithm>
#include <charconv>
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/probe.h"
#include "cli/reach.h"
#include "daemon/signals.h"
#include "daemon/units.h"
#include "net/loop.h"

namespace rescind::cli {
namespace {

Result<Milliseconds> duration_of(const Invocation& invocation, const std::string& option,
                                 const std::string& otherwise) {
  const auto read = daemon::parse_duration(invocation.option(option, otherwise));
  if (read) return *read;
  return fail(ErrorCode::kInvalid, option + ": write a duration, as 500ms or 30s");
}

Result<Probe::Options> options_of(const Invocation& invocation) {
  Probe::Options options;
  options.globals = invocation.globals;
  options.url = invocation.positional("URL");
  options.user.name = invocation.option("--user");
  options.user.client_id = invocation.option("--client", options.user.client_id);
  options.user.audience = invocation.option("--audience");
  options.user.scope = invocation.option("--scope");
  if (invocation.has("--password") != invocation.has("--user")) {
    return fail(ErrorCode::kInvalid, "--user and --password go together");
  }
  if (invocation.has("--password")) {
    TRY_ASSIGN(options.user.password, read_secret_argument(invocation.option("--password")));
  }
  return options;
}

void print(const Globals& globals, const Probed& probed) {
  if (globals.output == Output::kTable) {
    std::printf("%s\n", text_of(probed).c_str());
  } else {
    json::Writer w;
    write(w, probed);
    std::printf("%s\n", w.text().c_str());
  }
  std::fflush(stdout);
}

Exit judge(const Probed& probed, Milliseconds max) {
  if (probed.kept(max)) return Exit::kOk;
  switch (probed.finding) {
    case Probed::Finding::kRefusesGood:
      return report(Exit::kRefused, "the route refuses a good token: nothing was measured");
    case Probed::Finding::kUnguarded:
    case Probed::Finding::kNeverRefused:
      return report(Exit::kBreach, "the route does not look at revocations");
    case Probed::Finding::kRefused:
      break;
  }
  return report(Exit::kBreach, "refused everywhere only after " +
                                   milliseconds_text(probed.settled_ms) + ", more than " +
                                   daemon::duration_text(max));
}

Exit probe(const Invocation& invocation) {
  auto options = options_of(invocation);
  if (!options) return report(options.error());
  const auto max = duration_of(invocation, "--max", "0ms");
  if (!max) return report(max.error());
  const auto probed = Probe(*std::move(options)).run();
  if (!probed) return report(probed.error());
  print(invocation.globals, *probed);
  return judge(*probed, *max);
}

struct DrillPlan {
  Milliseconds every{0};
  Milliseconds max{0};
  std::uint64_t count = 0;  // 0: without end
};

Result<DrillPlan> plan_of(const Invocation& invocation) {
  DrillPlan plan;
  TRY_ASSIGN(plan.every, duration_of(invocation, "--every", "30s"));
  TRY_ASSIGN(plan.max, duration_of(invocation, "--max", "500ms"));
  const std::string count = invocation.option("--count", "0");
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), plan.count);
  if (error != std::errc{} || end != count.data() + count.size()) {
    return fail(ErrorCode::kInvalid, "--count: write a number");
  }
  return plan;
}

void print_summary(const Globals& globals, std::vector<double> times) {
  if (times.empty()) return;
  std::ranges::sort(times);
  const auto quantile = [&times](std::size_t hundredths) {
    return times[(times.size() * hundredths + 99) / 100 - 1];
  };
  if (globals.output == Output::kTable) {
    say(globals, std::to_string(times.size()) + " drills: p50 " + milliseconds_text(quantile(50)) +
                     ", p99 " + milliseconds_text(quantile(99)) + ", max " +
                     milliseconds_text(times.back()));
    return;
  }
  json::Writer w;
  w.object().member("drills", static_cast<std::uint64_t>(times.size()));
  w.member("p50_ms", quantile(50)).member("p99_ms", quantile(99));
  w.member("max_ms", times.back()).end();
  std::printf("%s\n", w.text().c_str());
}

// Between two drills signals are heard; within one they wait for its end, so that no session stays
// behind. True: somebody wants the end.
class Pause {
 public:
  Pause() {
    const auto stop = [this] {
      wanted_ = true;
      loop_.stop();
    };
    daemon::handle_signals(loop_, {.drain = stop, .quit = stop, .reload = [] {}});
  }
  bool ended_within(Milliseconds time) {
    loop_.after(time, [this] { loop_.stop(); });
    loop_.run();
    return wanted_;
  }

 private:
  net::Loop loop_;
  bool wanted_ = false;
};

Exit drill(const Invocation& invocation) {
  const Globals& globals = invocation.globals;
  auto options = options_of(invocation);
  if (!options) return report(options.error());
  const auto plan = plan_of(invocation);
  if (!plan) return report(plan.error());
  Probe one(*std::move(options));
  Pause pause;
  std::vector<double> times;
  Exit exit = Exit::kOk;
  for (std::uint64_t done = 0; exit == Exit::kOk;) {
    const auto probed = one.run();
    if (!probed) {
      exit = report(probed.error());
      break;
    }
    print(globals, *probed);
    if (probed->finding == Probed::Finding::kRefused) times.push_back(probed->settled_ms);
    exit = judge(*probed, plan->max);
    if (++done == plan->count || exit != Exit::kOk || pause.ended_within(plan->every)) break;
  }
  print_summary(globals, std::move(times));
  return exit;
}

std::vector<Option> options_for(std::vector<Option> more) {
  std::vector<Option> options = {
      {.name = "--user", .value = "NAME", .help = "who signs in; else the client opens a session"},
      {.name = "--password", .value = "FILE", .help = "of that user: - or @FILE"},
      {.name = "--client", .value = "ID", .help = "for which the client opens it; first-party"},
      {.name = "--audience", .value = "NAME", .help = "that the route wants in the token"},
      {.name = "--scope", .value = "SCOPE", .help = "that the route wants in the token"}};
  std::ranges::move(more, std::back_inserter(options));
  return options;
}

}  // namespace

std::vector<Command> probe_commands() {
  const Positional url{.name = "URL", .help = "a route that wants a token"};
  return {
      {.words = {"probe"},
       .summary = "whether a route looks at revocations, and how soon",
       .positionals = {url},
       .options = options_for({{.name = "--max", .value = "TIME", .help = "exit 10 if later"}}),
       .run = probe},
      {.words = {"drill"},
       .summary = "the same again and again, as a promise that is measured",
       .positionals = {url},
       .options = options_for(
           {{.name = "--every", .value = "TIME", .help = "between two of them; 30s"},
            {.name = "--max", .value = "TIME", .help = "exit 10 at the first that is later; 500ms"},
            {.name = "--count", .value = "N", .help = "so many; left out: until interrupted"}}),
       .run = drill}};
}

}  // namespace rescind::cli
