#include "transport/amqp_server_testing.h"

#include <amqp.h>

#include <csignal>
#include <cstdio>
#include <fstream>

#include "base/check.h"
#include "net/test_certificates.h"

namespace rescind::transport {
namespace {

// Some 8 s on a machine that has nothing else to do.
constexpr std::chrono::seconds kStartWithin{180};
// Killed soon after its first stream, a node of 3.10 may forget where that is.
constexpr std::chrono::seconds kStopWithin{90};

}  // namespace

Result<AmqpServer*> AmqpServer::get() {
  static std::unique_ptr<AmqpServer> server;
  static Result<void> started = [] {
    server.reset(new AmqpServer);
    server->configure_tls();
    auto result = server->start();
    if (!result) std::fprintf(stderr, "not run: %s\n", result.error().message.c_str());
    return result;
  }();
  if (!started) return std::unexpected(started.error());
  return server.get();
}

AmqpServer::~AmqpServer() {
  putting_.reset();
  process_.stop(kStopWithin);
}

void AmqpServer::configure_tls() const {
  const net::TestAuthority authority;
  const net::TestCertificate certificate = authority.issue("IP:127.0.0.1");
  const std::string& folder = process_.folder();
  std::ofstream(ca_file()) << authority.pem();
  std::ofstream(folder + "/server.pem") << certificate.pem;
  std::ofstream(folder + "/server.key") << certificate.key.expose();
  std::ofstream(folder + "/extra.conf")
      << "listeners.ssl.1 = 127.0.0.1:" << tls_port_ << "\nssl_options.cacertfile = " << ca_file()
      << "\nssl_options.certfile = " << folder << "/server.pem\nssl_options.keyfile = " << folder
      << "/server.key\nssl_options.verify = verify_none\n";
}

Result<void> AmqpServer::start() {
  process_.start({RESCIND_SOURCE_DIR "/tools/rabbitmq.sh", "run", process_.folder()});
  const bool serves = eventually(
      [&] {
        if (process_.ended()) return true;
        if (!(std::ifstream(process_.folder() + "/port") >> port_)) return false;
        return AmqpClient::connect(access("x")).has_value();
      },
      kStartWithin);
  if (serves && !process_.ended()) return {};
  process_.stop(kStopWithin);
  return fail(ErrorCode::kUnavailable, "no RabbitMQ here: " + process_.said());
}

void AmqpServer::restart() {
  putting_.reset();
  process_.stop(kStopWithin);
  const auto started = start();
  CHECK(started.has_value());
}

// The server's own process, which the script has started.
void AmqpServer::signal(int number) const {
  pid_t server = -1;
  std::ifstream(process_.folder() + "/pid") >> server;
  CHECK(server > 0 && ::kill(server, number) == 0);
}

std::string AmqpServer::url(const std::string& queue) const {
  return "amqp://127.0.0.1:" + port_ + "/" + queue;
}
std::string AmqpServer::tls_url(const std::string& host, const std::string& queue) const {
  return "amqps://" + host + ":" + std::to_string(tls_port_) + "/" + queue;
}
AmqpAccess AmqpServer::access(const std::string& queue) const {
  FeedAccess access;
  access.url = url(queue);
  return *AmqpAccess::parse(access);
}

std::unique_ptr<AmqpClient> AmqpServer::connect() const {
  AmqpAccess patient = access("x");
  patient.answer_within = std::chrono::seconds(30);
  auto client = AmqpClient::connect(patient);
  CHECK(client.has_value());
  return *std::move(client);
}

void AmqpServer::create(const std::string& queue, const AmqpArguments& arguments) const {
  AmqpArguments all = arguments;
  if (all.empty()) all = {{"x-queue-type", "stream"}, {"x-max-age", "1h"}};
  const auto made = connect()->declare_queue(queue, all);
  if (!made) std::fprintf(stderr, "%s\n", made.error().message.c_str());
  CHECK(made.has_value());
}

void AmqpServer::remove(const std::string& queue) const {
  const auto client = connect();
  amqp_queue_delete(client->get(), 1, amqp_cstring_bytes(queue.c_str()), 0, 0);
}

bool AmqpServer::put(const std::string& queue, std::string_view body) {
  // Nobody sends heartbeats meanwhile: one that has been idle may have been given up.
  const BootTime now = SystemClock().now().boot;
  if (putting_ == nullptr || now - put_at_ > std::chrono::seconds(2)) {
    putting_ = connect();
    CHECK(putting_->expect_confirms());
  }
  put_at_ = now;
  const auto published = putting_->publish(queue, body);
  const auto event = published ? putting_->next(std::chrono::seconds(10)) : std::nullopt;
  const auto* const confirm = event && *event ? std::get_if<AmqpConfirm>(&**event) : nullptr;
  const bool taken = confirm != nullptr && confirm->taken;
  if (!taken) putting_.reset();  // what was returned is confirmed behind that
  return taken;
}

}  // namespace rescind::transport
