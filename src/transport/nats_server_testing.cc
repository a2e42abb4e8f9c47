#include "transport/nats_server_testing.h"

#include <arpa/inet.h>
#include <nats/nats.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "base/check.h"

namespace rescind::transport {
namespace {

constexpr std::int64_t kAnswerMs = 5'000;

struct Deleter {
  void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

}  // namespace

Result<NatsServer*> NatsServer::get() {
  static std::unique_ptr<NatsServer> server;
  static const Result<void> started = []() -> Result<void> {
    // Foreign messages may be larger than any word.
    auto made = start("max_payload: 12MB");
    if (!made) {
      std::fprintf(stderr, "not run: %s\n", made.error().message.c_str());
      return std::unexpected(made.error());
    }
    server = *std::move(made);
    return {};
  }();
  if (!started) return std::unexpected(started.error());
  return server.get();
}

Result<std::unique_ptr<NatsServer>> NatsServer::start(const std::string& configuration,
                                                      const std::string& user) {
  std::unique_ptr<NatsServer> server(new NatsServer);
  if (!ServerProcess::is_installed("nats-server")) {
    return fail(ErrorCode::kUnavailable, "nats-server is not installed");
  }
  server->configure(configuration, user);
  TRY(server->serve());
  return server;
}

void NatsServer::configure(const std::string& configuration, const std::string& user) {
  user_ = user;
  std::ofstream(folder() + "/nats.conf") << "listen: 127.0.0.1:" << port_ << "\n"
                                         << "jetstream { store_dir: \"" << folder() << "\" }\n"
                                         << configuration << "\n";
}

// It does so when JetStream is there, and in the clear whatever comes then.
bool NatsServer::greets() const {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  std::array<char, 4> greeting{};
  const bool greeted =
      ::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::recv(connection, greeting.data(), greeting.size(), MSG_WAITALL) == 4;
  ::close(connection);
  return greeted && std::string_view(greeting.data(), greeting.size()) == "INFO";
}

Result<void> NatsServer::serve() {
  process_.start({"nats-server", "-c", folder() + "/nats.conf"});
  const bool serves = eventually(
      [this] {
        if (process_.ended()) return true;
        return greets();
      },
      std::chrono::seconds(20));
  if (serves && !process_.ended()) return {};
  return fail(ErrorCode::kUnavailable, "nats-server does not serve: " + process_.said());
}

Result<void> NatsServer::restart_with(const std::string& configuration) {
  process_.stop();
  configure(configuration, user_);
  return serve();
}

void NatsServer::restart() {
  process_.stop();
  CHECK(serve());
}

std::string NatsServer::url(const std::string& subject, const std::string& scheme) const {
  return scheme + "://127.0.0.1:" + std::to_string(port_) + "/" + subject;
}

NatsAccess NatsServer::access(const std::string& subject) const {
  FeedAccess access;
  access.url = url(subject);
  return *NatsAccess::parse(access);
}

std::string NatsServer::ask(const std::string& question, const std::string& json) const {
  natsConnection* made = nullptr;
  const std::string url = "nats://" + user_ + "127.0.0.1:" + std::to_string(port_);
  if (natsConnection_ConnectTo(&made, url.c_str()) != NATS_OK) return "";
  const Owned<natsConnection> connection(made);
  natsMsg* got = nullptr;
  natsConnection_Request(&got, made, ("$JS.API." + question).c_str(), json.data(),
                         static_cast<int>(json.size()), kAnswerMs);
  const Owned<natsMsg> answer(got);
  if (answer == nullptr) return "";
  return {natsMsg_GetData(got), static_cast<std::size_t>(natsMsg_GetDataLength(got))};
}

void NatsServer::create(const std::string& subject, const Settings& settings) {
  const NatsAccess of = access(subject);
  create_stream(of.stream(), of.subject, settings);
  create_stream(of.snapshot_stream(), of.snapshot_subjects());
}

void NatsServer::create_stream(const std::string& name, const std::string& subjects,
                               const Settings& settings) {
  Settings all = {{"name", '"' + name + '"'},
                  {"subjects", "[\"" + subjects + "\"]"},
                  {"retention", "\"limits\""},
                  {"storage", "\"file\""},
                  {"discard", "\"old\""},
                  {"max_age", "3600000000000"},
                  {"num_replicas", "1"},
                  {"max_msgs", "-1"},
                  {"max_bytes", "-1"},
                  {"max_msg_size", "-1"},
                  {"duplicate_window", "1000000000"}};
  for (const auto& [setting, value] : settings) all[setting] = value;
  std::string json;
  for (const auto& [setting, value] : all) {
    json += (json.empty() ? "{\"" : ",\"") + setting + "\":" + value;
  }
  const std::string answer = ask("STREAM.CREATE." + name, json + "}");
  if (answer.find("\"created\"") == std::string::npos) std::fprintf(stderr, "%s\n", answer.c_str());
}

void NatsServer::remove_stream(const std::string& name) { ask("STREAM.DELETE." + name); }
void NatsServer::purge_stream(const std::string& name) { ask("STREAM.PURGE." + name); }

bool NatsServer::put(const std::string& subject, std::string_view bytes) const {
  natsConnection* made = nullptr;
  const std::string url = "nats://" + user_ + "127.0.0.1:" + std::to_string(port_);
  if (natsConnection_ConnectTo(&made, url.c_str()) != NATS_OK) return false;
  const Owned<natsConnection> connection(made);
  natsMsg* got = nullptr;
  natsConnection_Request(&got, made, subject.c_str(), bytes.data(), static_cast<int>(bytes.size()),
                         kAnswerMs);
  const Owned<natsMsg> answer(got);
  if (answer == nullptr) return false;
  const std::string_view said(natsMsg_GetData(got),
                              static_cast<std::size_t>(natsMsg_GetDataLength(got)));
  return said.contains("\"seq\"") && !said.contains("\"error\"");
}

}  // namespace rescind::transport
