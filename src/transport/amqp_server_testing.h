#pragma once
// For tests: a real RabbitMQ on a free port of this machine (tools/rabbitmq.sh), started once for a
// program and ended with it.

#include <memory>
#include <string>

#include "base/server_process_testing.h"
#include "transport/amqp_client.h"

namespace rescind::transport {

class AmqpServer {
 public:
  // kUnavailable where it cannot be had here; then the program says "not run: …", too.
  static Result<AmqpServer*> get();
  ~AmqpServer();

  std::string url(const std::string& queue) const;
  AmqpAccess access(const std::string& queue) const;
  // Over TLS, by a certificate for 127.0.0.1, of an authority whose certificate lies in ca_file().
  std::string tls_url(const std::string& host, const std::string& queue) const;
  std::string ca_file() const { return process_.folder() + "/ca.pem"; }
  void restart();
  void signal(int number) const;

  // Without arguments: a stream that keeps an hour.
  void create(const std::string& queue, const AmqpArguments& arguments = {}) const;
  void remove(const std::string& queue) const;
  // False: it does not take it.
  bool put(const std::string& queue, std::string_view body);
  // A connection of the tests' own.
  std::unique_ptr<AmqpClient> connect() const;

 private:
  AmqpServer() = default;
  Result<void> start();
  void configure_tls() const;

  ServerProcess process_{"amqp"};
  std::string port_;
  const std::uint16_t tls_port_ = free_port();
  std::unique_ptr<AmqpClient> putting_;
  BootTime put_at_{};
};

}  // namespace rescind::transport
