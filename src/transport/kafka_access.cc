#include "transport/kafka_access.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "transport/broker_url.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::string_view kFileSuffix = "_file";
constexpr std::size_t kMaxTopicBytes = 249 - std::string_view(".snapshot").size();

// What decides about order, durability and offsets is ours.
constexpr std::array<std::string_view, 10> kPrefixes = {
    "security.protocol", "sasl.",     "ssl.",       "socket.",         "broker.address.",
    "client.",           "metadata.", "reconnect.", "message.timeout", "enable.ssl.",
};

constexpr std::string_view kShape = "a kafka URL is kafka://host:port/topic?option=value";
constexpr std::uint16_t kPort = 9092;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid, std::string(kShape) + ": " + std::string(what));
}

Result<std::string> read_topic(const std::string& name, const FeedAccess& access) {
  if (name.empty()) return "rescind." + access.feed;
  if (name.size() > kMaxTopicBytes || !is_plain_name(name) || name == "." || name == "..") {
    return wrong("a topic's name has letters, digits, '.', '_' and '-', 240 at most");
  }
  return name;
}

Result<void> read_options(const BrokerUrl& url, KafkaAccess& to) {
  for (const auto& [name, value] : url.options) {
    if (std::ranges::none_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); })) {
      return wrong("there is no option '" + name + "' (those for TLS, SASL and sockets pass)");
    }
    if (name.ends_with(kFileSuffix)) {
      TRY_ASSIGN(Secret secret, secret_in(name, value));
      to.options.emplace_back(name.substr(0, name.size() - kFileSuffix.size()), std::move(secret));
    } else {
      to.options.emplace_back(name, Secret(value));
    }
  }
  if (url.user && url.user->empty()) return wrong("the user has no name");
  if (url.user) to.options.emplace_back("sasl.username", Secret(*url.user));
  if (url.password) to.options.emplace_back("sasl.password", *url.password);
  return {};
}

const Secret* find(const KafkaAccess& access, std::string_view name) {
  const auto at = std::ranges::find(access.options, name, &std::pair<std::string, Secret>::first);
  return at == access.options.end() ? nullptr : &at->second;
}

// Who gives a password means SASL, and over TLS; SCRAM shows it to nobody.
Result<void> settle_security(KafkaAccess& access, bool may_be_heard) {
  const bool sasl = find(access, "sasl.username") != nullptr;
  if (sasl && find(access, "security.protocol") == nullptr) {
    access.options.emplace_back("security.protocol", Secret("sasl_ssl"));
  }
  if (sasl && find(access, "sasl.mechanism") == nullptr &&
      find(access, "sasl.mechanisms") == nullptr) {
    access.options.emplace_back("sasl.mechanism", Secret("SCRAM-SHA-512"));
  }
  const Secret* protocol = find(access, "security.protocol");
  const Secret* mechanism = find(access, "sasl.mechanism");
  if (mechanism == nullptr) mechanism = find(access, "sasl.mechanisms");
  const auto is = [](const Secret* option, std::string_view value) {
    return option != nullptr && std::ranges::equal(option->expose(), value, [](char a, char b) {
             return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
           });
  };
  if (is(protocol, "sasl_plaintext") && is(mechanism, "plain") && !may_be_heard) {
    return wrong(
        "the mechanism PLAIN without TLS would show the password to the network; say "
        "security.protocol=sasl_ssl");
  }
  return {};
}

}  // namespace

Result<KafkaAccess> KafkaAccess::parse(const FeedAccess& from) {
  if (!from.url.starts_with(kScheme)) return wrong("another scheme");
  TRY_ASSIGN(const BrokerUrl url, BrokerUrl::parse(from.url, kShape, kPort));
  KafkaAccess access;
  access.brokers = url.host_list();
  TRY(read_options(url, access));
  TRY_ASSIGN(access.topic, read_topic(url.name, from));
  TRY(settle_security(access, from.insecure || url.all_loopback()));
  access.retention = from.retention;
  access.longest_silence = std::max(Milliseconds(5000), transport::longest_silence(from));
  return access;
}

}  // namespace rescind::transport
