#include "transport/amqp_access.h"

#include <algorithm>
#include <tuple>

#include "transport/broker_url.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kShape = "an amqp URL is amqp://user:password@host:port/queue";
constexpr std::string_view kScheme = "amqp://";
constexpr std::string_view kTlsScheme = "amqps://";
constexpr std::uint16_t kPort = 5672;
constexpr std::uint16_t kTlsPort = 5671;
constexpr std::size_t kMaxQueueBytes = 255 - std::string_view(".snapshot").size();

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid, std::string(kShape) + ": " + std::string(what));
}

Result<void> read_queue(const BrokerUrl& url, const FeedAccess& from, AmqpAccess& to) {
  to.queue = url.name.empty() ? "rescind." + from.feed : url.name;
  if (!is_plain_name(to.queue) || to.queue.size() > kMaxQueueBytes ||
      to.queue.starts_with("amq.")) {
    return wrong(
        "a queue's name has letters, digits, '.', '_' and '-', 246 at most, and does not begin "
        "with 'amq.'");
  }
  return {};
}

Result<void> read_options(const BrokerUrl& url, AmqpAccess& to) {
  for (const auto& [name, value] : url.options) {
    if (name == "vhost") {
      to.vhost = value;
    } else if (name == "password_file") {
      TRY_ASSIGN(to.password, secret_in(name, value));
    } else if (name == "cacertfile") {
      to.ca_file = value;
    } else if (name == "certfile") {
      to.certificate_file = value;
    } else if (name == "keyfile") {
      to.key_file = value;
    } else {
      return wrong("there is no option '" + name +
                   "'; there are vhost, password_file, cacertfile, certfile and keyfile");
    }
  }
  const bool of_tls = !to.ca_file.empty() || !to.certificate_file.empty() || !to.key_file.empty();
  if (of_tls && !to.tls) return wrong("options for TLS go with amqps://");
  if (to.certificate_file.empty() != to.key_file.empty()) {
    return wrong("certfile and keyfile go together");
  }
  return {};
}

}  // namespace

Result<AmqpAccess> AmqpAccess::parse(const FeedAccess& from) {
  AmqpAccess access;
  access.tls = from.url.starts_with(kTlsScheme);
  if (!access.tls && !from.url.starts_with(kScheme)) return wrong("another scheme");
  TRY_ASSIGN(const BrokerUrl url,
             BrokerUrl::parse(from.url, kShape, access.tls ? kTlsPort : kPort));
  if (url.hosts.size() != 1) return wrong("one host; a cluster has a name for all of its nodes");
  std::tie(access.host, access.port) = host_and_port(url.hosts[0]);
  TRY(read_queue(url, from, access));
  if (url.user) {
    if (url.user->empty()) return wrong("the user has no name");
    access.user = *url.user;
    access.password = url.password.value_or(Secret());
  }
  TRY(read_options(url, access));
  if (access.password.empty()) return wrong("a user needs a password, or password_file");
  if (url.user && !access.tls && !from.insecure && !url.all_loopback()) {
    return wrong("the password would go over the network in the clear; say amqps://");
  }
  access.retention = from.retention;
  access.longest_silence = std::max(Milliseconds(5000), transport::longest_silence(from));
  return access;
}

}  // namespace rescind::transport
