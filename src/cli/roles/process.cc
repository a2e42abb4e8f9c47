#include "cli/roles/process.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "daemon/admin_endpoints.h"
#include "daemon/service_notify.h"
#include "daemon/signals.h"

namespace rescind::cli {
namespace {

constexpr std::chrono::milliseconds kGrace{5'000};

}  // namespace

Exit exit_of(const Result<void>& ran) {
  if (ran) return Exit::kOk;
  return ran.error().code == ErrorCode::kInvalid ? report(Exit::kConfiguration, ran.error().message)
                                                 : report(ran.error());
}

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "cannot read " + path + ": " + std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<void> load_settings(daemon::Schema& schema, const Invocation& invocation) {
  daemon::Sources sources;
  sources.environment = daemon::process_environment();
  // What the command line understands by itself.
  sources.other_variables = {"RESCIND_CONFIG",      "RESCIND_ADDR",
                             "RESCIND_CLIENT_ID",   "RESCIND_CLIENT_SECRET",
                             "RESCIND_CREDENTIALS", "RESCIND_CLIENT_SECRET_FILE",
                             "RESCIND_BINARY",      "RESCIND_VECTORS"};
  if (!invocation.globals.config.empty()) {
    sources.file_name = invocation.globals.config;
    TRY_ASSIGN(sources.file_text, read_text_file(invocation.globals.config));
  }
  TRY_ASSIGN(const daemon::Loaded loaded, daemon::load(schema, sources));
  for (const std::string& warning : loaded.warnings) {
    std::fprintf(stderr, "rescind: %s\n", warning.c_str());
  }
  return {};
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, std::min(colon, text.size()));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const char* begin = colon == std::string_view::npos ? text.data() : text.data() + colon + 1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(begin, end, port);
  if (colon == std::string_view::npos || host.empty() || read.ec != std::errc() ||
      read.ptr != end || begin == end) {
    return fail(ErrorCode::kInvalid,
                "'" + std::string(text) + "' is no address to listen at: write 127.0.0.1:8480");
  }
  return ListenAddress{std::string(host), port};
}

daemon::LogOptions log_options(std::string_view format, std::string_view level) {
  return {.format = format == "json" ? daemon::LogFormat::kJson : daemon::LogFormat::kText,
          .level = daemon::parse_log_level(level).value_or(LogLevel::kInfo)};
}

RoleProcess::RoleProcess(net::Loop& loop, daemon::Health& health, daemon::Metrics& metrics,
                         Log& log)
    : loop_(loop), health_(health), metrics_(metrics), log_(log) {}

Result<void> RoleProcess::listen(const ListenAddress& admin, std::vector<net::Server*> servers) {
  net::ServerOptions options;
  options.address = admin.host;
  options.port = admin.port;
  TRY_ASSIGN(admin_,
             net::Server::open({&loop_}, options, daemon::admin_endpoints(health_, metrics_)));
  servers_ = std::move(servers);
  std::string where = "listening";
  if (!servers_.empty()) where += " public=" + std::to_string(servers_.front()->port());
  std::printf("%s admin=%u\n", where.c_str(), unsigned{admin_->port()});
  std::fflush(stdout);
  return {};
}

void RoleProcess::run(Actions actions) {
  actions_ = std::move(actions);
  // A quota on the size of files is an error of that write, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  daemon::handle_signals(loop_, {.drain = [this] { drain(); },
                                 .quit = [this] { loop_.stop(); },
                                 .reload = [this] { actions_.reload(); }});
  const auto service = daemon::ServiceNotifier::from_environment();
  service.ready();
  loop_.run();
  service.stopping();
}

void RoleProcess::drain() {
  log_.info("draining");
  health_.drain();
  actions_.before_drain();
  if (servers_.empty()) return loop_.stop();
  auto left = std::make_shared<std::size_t>(servers_.size());
  for (net::Server* server : servers_) {
    server->drain(kGrace, [this, left] {
      if (--*left == 0) loop_.stop();
    });
  }
}

}  // namespace rescind::cli
