// How an AmqpClient comes to its connection: TCP or TLS, login, a channel.

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include "transport/amqp_client.h"
#include "transport/amqp_internal.h"

namespace rescind::transport {
namespace {

// After two of them without a sign of life a connection counts as dead.
constexpr int kHeartbeatSeconds = 3;
// What RabbitMQ itself proposes: larger messages come in several frames.
constexpr int kMaxFrameBytes = 131'072;

timeval to_timeval(Milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = (time.count() % 1000) * 1000};
}

std::unexpected<Error> unreadable(std::string_view option) {
  return fail(ErrorCode::kInvalid, "amqp: the file that " + std::string(option) +
                                       " names cannot be read, or is no such PEM");
}

// TLS 1.2 and up, the broker's certificate checked for its name or address by OpenSSL itself.
Result<void> prepare(SSL_CTX* tls, const AmqpAccess& access) {
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  if (access.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(tls);
  } else if (SSL_CTX_load_verify_locations(tls, access.ca_file.c_str(), nullptr) != 1) {
    return unreadable("cacertfile");
  }
  X509_VERIFY_PARAM* const check = SSL_CTX_get0_param(tls);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const bool is_address = inet_pton(AF_INET, access.host.c_str(), address.data()) == 1 ||
                          inet_pton(AF_INET6, access.host.c_str(), address.data()) == 1;
  const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(check, access.host.c_str())
                             : X509_VERIFY_PARAM_set1_host(check, access.host.c_str(), 0);
  if (set != 1) return fail(ErrorCode::kInvalid, "amqp: the host's name cannot be checked");
  if (access.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(tls, access.certificate_file.c_str()) != 1) {
    return unreadable("certfile");
  }
  if (SSL_CTX_use_PrivateKey_file(tls, access.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unreadable("keyfile");
  }
  return {};
}

// The connection owns it.
Result<amqp_socket_t*> socket_of(amqp_connection_state_t connection, const AmqpAccess& access) {
  amqp_socket_t* const socket =
      access.tls ? amqp_ssl_socket_new(connection) : amqp_tcp_socket_new(connection);
  if (socket == nullptr) return fail(ErrorCode::kExhausted, "amqp: out of memory");
  if (!access.tls) return socket;
  // The check above knows addresses, too; theirs does not.
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 0);
  TRY(prepare(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)), access));
  return socket;
}

amqp_table_entry_t entry(const char* name, bool value) {
  amqp_table_entry_t made{};
  made.key = amqp_cstring_bytes(name);
  made.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  made.value.value.boolean = value ? 1 : 0;
  return made;
}
amqp_table_entry_t entry(const char* name, const char* value) {
  amqp_table_entry_t made{};
  made.key = amqp_cstring_bytes(name);
  made.value.kind = AMQP_FIELD_KIND_UTF8;
  made.value.value.bytes = amqp_cstring_bytes(value);
  return made;
}

// To be told, rather than to wait: that the queue is gone, that nothing is taken, that the password
// is wrong.
amqp_rpc_reply_t login(amqp_connection_state_t connection, const AmqpAccess& access) {
  std::array capabilities = {entry("consumer_cancel_notify", true),
                             entry("connection.blocked", true), entry("basic.nack", true),
                             entry("publisher_confirms", true),
                             entry("authentication_failure_close", true)};
  amqp_table_entry_t capable{};
  capable.key = amqp_cstring_bytes("capabilities");
  capable.value.kind = AMQP_FIELD_KIND_TABLE;
  capable.value.value.table = {.num_entries = static_cast<int>(capabilities.size()),
                               .entries = capabilities.data()};
  std::array properties = {capable, entry("product", "rescind"),
                           entry("connection_name", "rescind")};
  const amqp_table_t table{.num_entries = static_cast<int>(properties.size()),
                           .entries = properties.data()};
  const std::string password(access.password.expose());
  return amqp_login_with_properties(connection, access.vhost.c_str(), kAmqpChannel, kMaxFrameBytes,
                                    kHeartbeatSeconds, &table, AMQP_SASL_METHOD_PLAIN,
                                    access.user.c_str(), password.c_str());
}

}  // namespace

Result<std::unique_ptr<AmqpClient>> AmqpClient::connect(const AmqpAccess& access) {
  amqp_connection_state_t const connection = amqp_new_connection();
  if (connection == nullptr) return fail(ErrorCode::kExhausted, "amqp: out of memory");
  std::unique_ptr<AmqpClient> client(new AmqpClient(connection));
  client->dead_ = true;  // until it is open: nobody to say farewell to
  TRY_ASSIGN(amqp_socket_t* const socket, socket_of(connection, access));
  const timeval within = to_timeval(access.answer_within);
  TRY(client->sent(amqp_socket_open_noblock(socket, access.host.c_str(), access.port, &within),
                   "connecting"));
  amqp_set_handshake_timeout(connection, &within);
  amqp_set_rpc_timeout(connection, &within);
  TRY(client->answered(login(connection, access), "logging in"));
  client->dead_ = false;
  TRY(client->open_channel());
  return client;
}

}  // namespace rescind::transport
