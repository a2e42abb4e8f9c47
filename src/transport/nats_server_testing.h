#pragma once
// For tests: a real nats-server with JetStream on a free port of this machine, and what its
// operator can do to it.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/server_process_testing.h"
#include "transport/nats_access.h"

namespace rescind::transport {

class NatsServer {
 public:
  // One for a program. kUnavailable where there is no nats-server; then the program says
  // "not run: …", too.
  static Result<NatsServer*> get();
  // One of a test's own, with this in its configuration besides. `user` is "name:password@".
  static Result<std::unique_ptr<NatsServer>> start(const std::string& configuration,
                                                   const std::string& user = "");

  const std::string& folder() const { return process_.folder(); }
  std::string url(const std::string& subject, const std::string& scheme = "nats") const;
  NatsAccess access(const std::string& subject) const;
  void restart();
  Result<void> restart_with(const std::string& configuration);
  void signal(int number) const { process_.signal(number); }

  // JSON of the JetStream API, as it stands in the settings of a stream.
  using Settings = std::map<std::string, std::string>;
  // Both streams of a feed; these settings are of the first.
  void create(const std::string& subject, const Settings& settings = {});
  void create_stream(const std::string& name, const std::string& subjects,
                     const Settings& settings = {});
  void remove_stream(const std::string& name);
  void purge_stream(const std::string& name);
  bool put(const std::string& subject, std::string_view bytes) const;
  // Of the JetStream API: "STREAM.INFO.name".
  std::string ask(const std::string& question, const std::string& json = "") const;

 private:
  NatsServer() = default;
  void configure(const std::string& configuration, const std::string& user);
  Result<void> serve();
  bool greets() const;

  ServerProcess process_{"nats"};
  const std::uint16_t port_ = free_port();
  std::string user_;
};

}  // namespace rescind::transport
