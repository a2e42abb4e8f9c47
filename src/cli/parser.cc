#include "cli/parser.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "daemon/units.h"

namespace rescind::cli {
namespace {

// Where the library puts what it reads for one command.
struct Slots {
  std::map<std::string, std::string> values;
  std::map<std::string, bool> flags;
  std::map<std::string, std::string> positionals;
};

struct Words {
  std::string output = "table";
  std::string timeout = "10s";
  bool no_color = false;
};

void add_globals(CLI::App& app, Globals& globals, Words& words) {
  app.add_option("--config", globals.config, "configuration file")->envname("RESCIND_CONFIG");
  app.add_option("--addr", globals.address, "the authority's address")->envname("RESCIND_ADDR");
  app.add_option("-o,--output", words.output, "table, json or jsonl")
      ->check(CLI::IsMember({"table", "json", "jsonl"}));
  app.add_option("--timeout", words.timeout, "for each request, as 10s");
  app.add_option("--reason", globals.reason, "why, for the audit");
  app.add_flag("-q,--quiet", globals.quiet, "data and errors only");
  app.add_flag("--no-color", words.no_color, "no colours (also NO_COLOR)");
  app.add_flag("--yes", globals.yes, "do not ask before what cannot be undone");
}

Result<void> finish(Globals& globals, const Words& words) {
  globals.output = words.output == "json"    ? Output::kJson
                   : words.output == "jsonl" ? Output::kJsonLines
                                             : Output::kTable;
  globals.color =
      !words.no_color && std::getenv("NO_COLOR") == nullptr && isatty(STDOUT_FILENO) == 1;
  const auto timeout = daemon::parse_duration(words.timeout);
  if (!timeout || timeout->count() <= 0) {
    return fail(ErrorCode::kInvalid, "--timeout: write a duration, as 10s or 500ms");
  }
  globals.timeout = *timeout;
  return {};
}

CLI::App* find(CLI::App& app, const std::string& word) {
  for (CLI::App* one : app.get_subcommands([](CLI::App*) { return true; })) {
    if (one->get_name() == word) return one;
  }
  return nullptr;
}

// The application or sub-command of these words; the groups on the way are made where they are
// missing.
CLI::App& place_of(CLI::App& root, const Command& command) {
  CLI::App* at = &root;
  for (std::size_t i = 0; i < command.words.size(); ++i) {
    const bool last = i + 1 == command.words.size();
    CLI::App* next = find(*at, command.words[i]);
    if (next == nullptr) next = at->add_subcommand(command.words[i], last ? command.summary : "");
    next->fallthrough();
    if (!last) next->require_subcommand(1);
    at = next;
  }
  return *at;
}

void declare(CLI::App& app, const Command& command, Slots& slots) {
  for (const Positional& positional : command.positionals) {
    app.add_option(positional.name, slots.positionals[positional.name], positional.help)
        ->required(positional.required);
  }
  for (const Option& option : command.options) {
    if (option.value.empty()) {
      app.add_flag(option.name, slots.flags[option.name], option.help);
      continue;
    }
    CLI::Option* added = app.add_option(option.name, slots.values[option.name], option.help);
    added->type_name(option.value);
    if (option.implied) added->expected(0, 1)->default_str(*option.implied);
  }
}

Invocation invocation_of(const Command& command, const CLI::App& app, const Slots& slots,
                         const Globals& globals) {
  Invocation made;
  made.globals = globals;
  made.positionals = slots.positionals;
  for (const Option& option : command.options) {
    if (app.count(option.name) == 0) continue;
    const bool flag = option.value.empty();
    std::string value = flag ? "" : slots.values.at(option.name);
    if (!flag && value.empty() && option.implied) value = *option.implied;
    made.options[option.name] = std::move(value);
  }
  return made;
}

}  // namespace

Exit parse_and_run(const std::vector<Command>& commands, int argc, const char* const* argv) {
  CLI::App root("Revocable stateless tokens: sign in, revoke, refuse everywhere at once.",
                "rescind");
  root.require_subcommand(1);
  Globals globals;
  Words words;
  add_globals(root, globals, words);
  std::vector<std::unique_ptr<Slots>> slots;
  std::vector<CLI::App*> places;
  for (const Command& command : commands) {
    slots.push_back(std::make_unique<Slots>());
    places.push_back(&place_of(root, command));
    declare(*places.back(), command, *slots.back());
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help is no error; the library prints it. Everything else is one kind for scripts.
    return root.exit(error) == 0 ? Exit::kOk : Exit::kUsage;
  }
  if (const auto ready = finish(globals, words); !ready) return report(ready.error());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const bool named = places[i]->parsed() && places[i]->get_subcommands().empty();
    if (!named || !commands[i].run) continue;
    return commands[i].run(invocation_of(commands[i], *places[i], *slots[i], globals));
  }
  return report(Exit::kUsage, "no such command; see rescind --help");
}

}  // namespace rescind::cli
