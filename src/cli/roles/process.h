#pragma once
// What every long-running role does around its work: read its settings, listen, answer health and
// metrics, heed signals, say that it is ready, and drain.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "daemon/config.h"
#include "daemon/health.h"
#include "daemon/log_sink.h"
#include "daemon/metrics.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace rescind::cli {

// Fills what the schema describes from --config, the environment and RESCIND_… variables. Warnings
// go to standard error. kInvalid with one line for each thing that is wrong.
Result<void> load_settings(daemon::Schema& schema, const Invocation& invocation);

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
// "127.0.0.1:8480", "[::1]:8480".
Result<ListenAddress> parse_listen(std::string_view text);

daemon::LogOptions log_options(std::string_view format, std::string_view level);

// What SIGHUP does to a role: its settings are read anew as `Config`. The level of the log is taken
// over; whatever else has changed waits for a restart, and the log says so. Settings that are wrong
// change nothing.
template <typename Config>
std::function<void()> reload_of(const Invocation& invocation, daemon::LogSink& log) {
  return [&invocation, &log] {
    Config config;
    daemon::Schema schema;
    describe(schema, config);
    auto loaded = load_settings(schema, invocation);
    if (loaded) loaded = complete(config);
    if (!loaded) return log.error("not reloaded", {{"why", loaded.error().message}});
    log.set_level(log_options(config.log_format, config.log_level).level);
    log.info("reloaded: the log's level; other settings need a restart",
             {{"level", config.log_level}});
  };
}

// How a role that has ended so exits, with the error told: what is wrong with its settings has an
// exit code of its own.
Exit exit_of(const Result<void>& ran);

// A file's whole content; kNotFound with its name.
Result<std::string> read_text_file(const std::string& path);

// The administrator's listener, the signals, and the loop until the end.
class RoleProcess {
 public:
  RoleProcess(net::Loop& loop, daemon::Health& health, daemon::Metrics& metrics, Log& log);

  // Listens; tells standard output where ("listening public=… admin=…"), so that a script that gave
  // port 0 knows. `servers` are drained at the end; the first is the public one, if there is any.
  Result<void> listen(const ListenAddress& admin, std::vector<net::Server*> servers);
  struct Actions {
    std::function<void()> reload;                // what SIGHUP does
    std::function<void()> before_drain = [] {};  // lets go of those who wait for long
  };
  // Until SIGTERM or SIGINT; then what runs may end within five seconds.
  void run(Actions actions);

 private:
  void drain();

  net::Loop& loop_;
  daemon::Health& health_;
  daemon::Metrics& metrics_;
  Log& log_;
  std::unique_ptr<net::Server> admin_;
  std::vector<net::Server*> servers_;
  Actions actions_;
};

// What run_role() makes of a role: all that is its own.
class Role {
 public:
  virtual ~Role() = default;
  // Finds what is wrong with the settings; nobody else sees anything of it.
  virtual Result<void> check() = 0;
  virtual Result<void> start() = 0;
  // After start(): to be drained at the end; the first is the public one.
  virtual std::vector<net::Server*> servers() { return {}; }
  // At SIGHUP, beside the log's level: certificates, for new connections.
  virtual void reload() {}
  // Before the end: ends streams and polls, which would else be waited for.
  virtual void before_drain() {}

  daemon::Health& health() { return health_; }
  daemon::Metrics& metrics() { return metrics_; }

 protected:
  daemon::Health health_;
  daemon::Metrics metrics_;
};

// From the settings to the end of a role `Of(Config, Loop&, const Clock&, LogSink&)`; `--check`
// ends after its check().
template <typename Config, typename Of>
Result<void> run_role(const Invocation& invocation) {
  Config config;
  daemon::Schema schema;
  describe(schema, config);
  TRY(load_settings(schema, invocation));
  TRY(complete(config));
  TRY_ASSIGN(const ListenAddress admin, parse_listen(config.admin_listen));
  const SystemClock clock;
  daemon::LogSink log(log_options(config.log_format, config.log_level), clock);
  net::Loop loop;
  Of role(std::move(config), loop, clock, log);
  if (invocation.has("--check")) return role.check();
  TRY(role.start());
  RoleProcess process(loop, role.health(), role.metrics(), log);
  TRY(process.listen(admin, role.servers()));
  const auto reload = reload_of<Config>(invocation, log);
  process.run({.reload =
                   [&] {
                     reload();
                     role.reload();
                   },
               .before_drain = [&role] { role.before_drain(); }});
  return {};
}

}  // namespace rescind::cli
