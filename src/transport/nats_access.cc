#include "transport/nats_access.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "transport/broker_url.h"

namespace rescind::transport {
namespace {

constexpr std::string_view kScheme = "nats://";
constexpr std::string_view kTlsScheme = "nats+tls://";
constexpr std::string_view kShape = "a nats URL is nats://user:password@host:port/subject";
constexpr std::uint16_t kPort = 4222;
// A stream's name is one of a folder, with ".snapshot" behind it.
constexpr std::size_t kMaxSubjectBytes = 200;

std::unexpected<Error> wrong(std::string_view what) {
  return fail(ErrorCode::kInvalid, std::string(kShape) + ": " + std::string(what));
}

// Tokens with dots between them, none of them empty.
Result<std::string> read_subject(std::string name, const FeedAccess& access) {
  if (name.empty()) name = "rescind." + access.feed;
  if (name.size() > kMaxSubjectBytes || !is_plain_name(name) || name.starts_with('.') ||
      name.ends_with('.') || name.contains("..")) {
    return wrong("a subject has letters, digits, '_' and '-', and single dots between them");
  }
  return name;
}

Result<void> read_options(const BrokerUrl& url, NatsAccess& to) {
  const std::array<std::pair<std::string_view, std::string*>, 4> paths = {{
      {"credentials_file", &to.credentials_file},
      {"tls.ca", &to.ca_file},
      {"tls.cert", &to.certificate_file},
      {"tls.key", &to.key_file},
  }};
  for (const auto& [name, value] : url.options) {
    const auto of_name = [&](const auto& path) { return path.first == name; };
    const auto* const path = std::ranges::find_if(paths, of_name);
    if (name == "password_file") {
      TRY_ASSIGN(to.password, secret_in(name, value));
    } else if (path == paths.end()) {
      return wrong("there is no option '" + name +
                   "' (but password_file, credentials_file, tls.ca, tls.cert and tls.key)");
    } else if (value.empty()) {
      return wrong("the option '" + name + "' names no file");
    } else {
      *path->second = value;
    }
  }
  if (!to.tls && !(to.ca_file + to.certificate_file + to.key_file).empty()) {
    return wrong("options of TLS need nats+tls://");
  }
  if (to.certificate_file.empty() != to.key_file.empty()) {
    return wrong("tls.cert and tls.key stand together");
  }
  return {};
}

Result<void> read_user(const BrokerUrl& url, NatsAccess& to) {
  if (url.password && !to.password.empty()) return wrong("there are two passwords");
  if (url.password) to.password = *url.password;
  to.user = url.user.value_or("");
  if (to.user.empty() != to.password.empty()) return wrong("a user and a password stand together");
  if (!to.user.empty() && !to.credentials_file.empty()) {
    return wrong("there are a user and a credentials_file");
  }
  return {};
}

}  // namespace

std::string NatsAccess::stream() const {
  std::string name = subject;
  std::ranges::replace(name, '.', '_');
  return name;
}

Result<NatsAccess> NatsAccess::parse(const FeedAccess& from) {
  NatsAccess access;
  access.tls = from.url.starts_with(kTlsScheme);
  if (!access.tls && !from.url.starts_with(kScheme)) return wrong("another scheme");
  TRY_ASSIGN(const BrokerUrl url, BrokerUrl::parse(from.url, kShape, kPort));
  access.hosts = url.hosts;
  TRY_ASSIGN(access.subject, read_subject(url.name, from));
  TRY(read_options(url, access));
  TRY(read_user(url, access));
  if (!access.password.empty() && !access.tls && !from.insecure && !url.all_loopback()) {
    return wrong("the password would go over the network in the clear; say nats+tls://");
  }
  access.retention = from.retention;
  return access;
}

}  // namespace rescind::transport
