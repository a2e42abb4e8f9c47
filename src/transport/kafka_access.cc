#include "transport/kafka_access.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "net/form.h"
#include "net/url.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::string_view kFileSuffix = "_file";
constexpr std::size_t kMaxTopicBytes = 249 - std::string_view(".snapshot").size();
constexpr std::size_t kMaxSecretBytes = 64 << 10;

// What decides about order, durability and offsets is ours.
constexpr std::array<std::string_view, 10> kPrefixes = {
    "security.protocol", "sasl.",     "ssl.",       "socket.",         "broker.address.",
    "client.",           "metadata.", "reconnect.", "message.timeout", "enable.ssl.",
};

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid,
              "a kafka URL is kafka://host:port/topic?option=value: " + std::string(what));
}

// "host" and "host:port", strictly, with Kafka's own port where none is named.
Result<std::string> read_broker(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == text.npos;
  const std::string_view host = has_port ? text.substr(0, colon) : text;
  const auto of_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '[' || c == ']' || c == ':';
  };
  if (host.empty() || !std::ranges::all_of(host, of_host)) return wrong("a broker has no name");
  if (!has_port) return std::string(host) + ":9092";
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
  if (error != std::errc() || end != digits.end() || port == 0) return wrong("a port is wrong");
  return std::string(text);
}

Result<std::string> read_brokers(std::string_view list) {
  std::string brokers;
  for (;;) {
    const std::size_t comma = list.find(',');
    TRY_ASSIGN(const std::string broker, read_broker(list.substr(0, comma)));
    brokers += (brokers.empty() ? "" : ",") + broker;
    if (comma == std::string_view::npos) return brokers;
    list.remove_prefix(comma + 1);
  }
}

Result<std::string> read_topic(std::string_view path, const FeedAccess& access) {
  if (path.empty()) return "rescind." + access.feed;
  const auto topic = net::percent_decode(path);
  const auto of_topic = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (!topic || topic->empty() || topic->size() > kMaxTopicBytes ||
      !std::ranges::all_of(*topic, of_topic) || *topic == "." || *topic == "..") {
    return wrong("a topic's name has letters, digits, '.', '_' and '-', 240 at most");
  }
  return *topic;
}

Result<Secret> read_secret(std::string_view name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSecretBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) {
    return fail(ErrorCode::kInvalid,
                "kafka: the file that " + std::string(name) + " names cannot be read, or is empty");
  }
  return Secret(std::move(text));
}

Result<void> read_options(std::string_view query, KafkaAccess& to) {
  TRY_ASSIGN(const net::Form form, net::Form::parse(query));
  for (const auto& [name, value] : form.fields()) {
    if (std::ranges::none_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); })) {
      return wrong("there is no option '" + name + "' (those for TLS, SASL and sockets pass)");
    }
    if (name.ends_with(kFileSuffix)) {
      TRY_ASSIGN(Secret secret, read_secret(name, value));
      to.options.emplace_back(name.substr(0, name.size() - kFileSuffix.size()), std::move(secret));
    } else {
      to.options.emplace_back(name, Secret(value));
    }
  }
  return {};
}

const Secret* find(const KafkaAccess& access, std::string_view name) {
  const auto at = std::ranges::find(access.options, name, &std::pair<std::string, Secret>::first);
  return at == access.options.end() ? nullptr : &at->second;
}

Result<void> read_user(std::string_view user_info, KafkaAccess& to) {
  const std::size_t colon = user_info.find(':');
  const auto user = net::percent_decode(user_info.substr(0, colon));
  const auto password = colon == std::string_view::npos
                            ? std::optional<std::string>()
                            : net::percent_decode(user_info.substr(colon + 1));
  if (!user || user->empty() || (colon != std::string_view::npos && !password)) {
    return wrong("the user or the password is not encoded well");
  }
  to.options.emplace_back("sasl.username", Secret(*user));
  if (password) to.options.emplace_back("sasl.password", Secret(*password));
  return {};
}

bool all_loopback(std::string_view brokers) {
  while (!brokers.empty()) {
    const std::string_view broker = brokers.substr(0, brokers.find(','));
    if (!net::is_loopback(broker.substr(0, broker.rfind(':')))) return false;
    brokers.remove_prefix(std::min(brokers.size(), broker.size() + 1));
  }
  return true;
}

// Who gives a password means SASL, and over TLS; SCRAM shows it to nobody.
Result<void> settle_security(KafkaAccess& access, bool insecure) {
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
  if (is(protocol, "sasl_plaintext") && is(mechanism, "plain") && !insecure &&
      !all_loopback(access.brokers)) {
    return wrong(
        "the mechanism PLAIN without TLS would show the password to the network; say "
        "security.protocol=sasl_ssl");
  }
  return {};
}

}  // namespace

Result<KafkaAccess> KafkaAccess::parse(const FeedAccess& from) {
  std::string_view rest = from.url;
  if (!rest.starts_with(kScheme)) return wrong("another scheme");
  rest.remove_prefix(kScheme.size());
  KafkaAccess access;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    TRY(read_options(rest.substr(mark + 1), access));
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  std::string_view hosts = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (const std::size_t at = hosts.rfind('@'); at != std::string_view::npos) {
    TRY(read_user(hosts.substr(0, at), access));
    hosts.remove_prefix(at + 1);
  }
  TRY_ASSIGN(access.brokers, read_brokers(hosts));
  TRY_ASSIGN(access.topic, read_topic(path, from));
  TRY(settle_security(access, from.insecure));
  access.retention = from.retention;
  access.longest_silence = std::max(Milliseconds(5000), transport::longest_silence(from));
  return access;
}

}  // namespace rescind::transport
