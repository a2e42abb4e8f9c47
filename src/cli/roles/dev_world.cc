#include "cli/roles/dev_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/json.h"
#include "cli/api.h"
#include "cli/roles/nginx_config.h"
#include "net/basic_auth.h"
#include "net/http_client.h"

namespace rescind::cli {
namespace {

constexpr std::chrono::milliseconds kLook{5};
constexpr std::chrono::seconds kStart{20};

std::string at_loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
std::string url_at(std::uint16_t port) { return "http://" + at_loopback(port); }

// A port that was free a moment ago; whoever listens there next is told where.
Result<std::uint16_t> free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = probe >= 0 && bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (probe >= 0) close(probe);
  if (!bound) return fail(ErrorCode::kUnavailable, "no free port on loopback");
  return ntohs(address.sin_port);
}

bool answers_ok(const std::string& url) {
  net::FetchRequest request;
  request.url = url;
  request.timeout = std::chrono::seconds(2);
  const auto response = net::blocking_fetch(std::move(request));
  return response && response->status == 200;
}

}  // namespace

Result<std::unique_ptr<DevWorld>> DevWorld::start(const std::string& program, Random& random) {
  std::unique_ptr<DevWorld> world(new DevWorld());
  std::string pattern = std::filesystem::temp_directory_path().string() + "/rescind-dev-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    return fail(ErrorCode::kUnavailable, "cannot make a folder like " + pattern);
  }
  world->folder_ = pattern;
  world->password_ = random.hex(8);
  world->admin_secret_ = random.hex(32);
  world->follower_secret_ = random.hex(32);
  TRY(world->choose_ports());
  TRY(world->start_authority(program));
  for (const Follower& follower : world->followers_) {
    TRY(world->start_follower(program, follower));
  }
  TRY(world->start_gateway(program));
  TRY(world->add_user());
  for (const Follower& follower : world->followers_) {
    TRY(world->await_ready(follower.name, follower.admin_port));
  }
  return world;
}

DevWorld::~DevWorld() {
  // Those who ask before those who answer.
  while (!parts_.empty()) parts_.pop_back();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string DevWorld::authority_url() const { return url_at(authority_port_); }
std::string DevWorld::gateway_url() const { return url_at(gateway_port_); }

Result<void> DevWorld::choose_ports() {
  for (std::uint16_t* port :
       {&authority_port_, &authority_admin_port_, &gateway_port_, &service_port_}) {
    TRY_ASSIGN(*port, free_port());
  }
  for (std::size_t i = 0; i < kFollowers; ++i) {
    Follower follower{.name = "gateway-" + std::to_string(i + 1)};
    TRY_ASSIGN(follower.port, free_port());
    TRY_ASSIGN(follower.admin_port, free_port());
    followers_.push_back(std::move(follower));
  }
  return {};
}

Result<void> DevWorld::start_authority(const std::string& program) {
  json::Writer w;
  w.object().member("version", 1).name("listen").object();
  w.member("public", std::string_view(at_loopback(authority_port_)));
  w.member("admin", std::string_view(at_loopback(authority_admin_port_))).end();
  w.name("authority").object().member("issuer", std::string_view(authority_url()));
  w.name("audiences").array().value("orders").end();
  w.name("scopes").array().value("orders:read").value("orders:write").end();
  w.member("default_scope", "orders:read");
  w.member("master_key_file", std::string_view(folder_ + "/master.key")).end();
  w.member("store", std::string_view("sqlite:" + folder_ + "/rescind.db"));
  w.name("feed").object().member("key_file", std::string_view(folder_ + "/feed.pem")).end();
  w.name("clients").array();
  w.object().member("id", "admin").member("secret", std::string_view(admin_secret_));
  w.member("roles", "admin").end();
  w.object().member("id", "gateway").member("secret", std::string_view(follower_secret_));
  w.member("roles", "follow introspect").end();
  w.end().end();
  TRY(write("authority.yaml", w.take()));
  TRY(write("admin.secret", admin_secret_ + "\n"));
  TRY(run("authority", {program, "authority", "--config", folder_ + "/authority.yaml"}));
  return await_ready("authority", authority_admin_port_);
}

Result<void> DevWorld::start_follower(const std::string& program, const Follower& follower) {
  json::Writer w;
  w.object().member("version", 1).name("listen").object();
  w.member("public", std::string_view(at_loopback(follower.port)));
  w.member("admin", std::string_view(at_loopback(follower.admin_port))).end();
  w.name("issuer").object().member("url", std::string_view(authority_url()));
  w.name("audiences").array().value("orders").end().end();
  w.name("feed").object().member("url", std::string_view(authority_url() + "/v1/feed")).end();
  w.name("follower").object().member("name", std::string_view(follower.name));
  w.member("client_id", "gateway").member("client_secret", std::string_view(follower_secret_));
  w.member("checkpoint", std::string_view(folder_ + "/" + follower.name + ".checkpoint")).end();
  w.end();
  TRY(write(follower.name + ".yaml", w.take()));
  return run(follower.name,
             {program, "authz", "--config", folder_ + "/" + follower.name + ".yaml"});
}

Result<void> DevWorld::start_gateway(const std::string& program) {
  TRY(run("sample-service", {program, "sample-service", "--listen", at_loopback(service_port_)}));
  NginxOptions options;
  options.folder = folder_;
  options.port = gateway_port_;
  options.authz_port = followers_.front().port;
  options.service_port = service_port_;
  TRY(write("nginx.conf", nginx_config(options, gateway::IdentityHeaders())));
  return run("nginx", {"nginx", "-p", folder_ + "/", "-c", folder_ + "/nginx.conf", "-e",
                       folder_ + "/nginx-error.log"});
}

Result<void> DevWorld::add_user() {
  Globals globals;
  globals.address = authority_url();
  json::Writer w;
  w.object().member("username", kUser).member("email", "alice@example.test");
  w.member("password", std::string_view(password_)).end();
  TRY(call(globals, {.method = net::Method::kPost,
                     .path = "/v1/accounts",
                     .body = w.take(),
                     .authorization = net::basic_authorization("admin", admin_secret_)}));
  return {};
}

Result<void> DevWorld::run(const std::string& name, const std::vector<std::string>& arguments) {
  TRY_ASSIGN(auto child, Child::start(arguments, log_of(name)));
  parts_.push_back({name, std::move(child)});
  return {};
}

Result<void> DevWorld::await_ready(const std::string& name, std::uint16_t admin_port) {
  const std::string url = url_at(admin_port) + "/healthz/ready";
  const BootTime end = SystemClock().now().boot + kStart;
  while (!answers_ok(url)) {
    if (const std::string gone = ended_part(); !gone.empty()) {
      return fail(ErrorCode::kUnavailable, gone + " has ended; see " + log_of(gone));
    }
    if (SystemClock().now().boot > end) {
      return fail(ErrorCode::kTimeout, name + " does not become ready; see " + log_of(name));
    }
    usleep(static_cast<useconds_t>(std::chrono::microseconds(kLook).count()));
  }
  return {};
}

Result<void> DevWorld::write(const std::string& file, const std::string& text) const {
  const std::string path = folder_ + "/" + file;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) ==
                                              static_cast<ssize_t>(text.size());
  if (descriptor >= 0) close(descriptor);
  if (!written) return fail(ErrorCode::kUnavailable, "cannot write " + path);
  return {};
}

std::string DevWorld::ended_part() {
  for (Part& part : parts_) {
    if (part.process->ended()) return part.name;
  }
  return {};
}

}  // namespace rescind::cli
