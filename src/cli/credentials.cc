#include "cli/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/clock.h"
#include "base/json.h"
#include "cli/api.h"
#include "cli/roles/process.h"
#include "net/basic_auth.h"

namespace rescind::cli {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string credentials_path() {
  if (std::string path = environment("RESCIND_CREDENTIALS"); !path.empty()) return path;
  std::string base = environment("XDG_CONFIG_HOME");
  if (base.empty()) base = environment("HOME") + "/.config";
  return base + "/rescind/credentials.json";
}

Result<Credentials> load_credentials() {
  const std::string path = credentials_path();
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail(ErrorCode::kNotFound, "nobody is signed in: rescind login NAME");
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(ErrorCode::kInvalid,
                path + " can be read by others: chmod 600 it, or sign in again");
  }
  TRY_ASSIGN(const std::string text, read_text_file(path));
  json::Reader reader;
  TRY_ASSIGN(const json::Value root,
             reader.parse(text, {.bytes = 65'536, .depth = 2, .members = 16}));
  Credentials credentials;
  credentials.address = text_of(root, "address");
  credentials.access_token = text_of(root, "access_token");
  credentials.refresh_token = text_of(root, "refresh_token");
  credentials.session_id = text_of(root, "session_id");
  const auto expires = root.find("expires_at");
  credentials.expires_at = expires ? expires->integer().value_or(0) : 0;
  return credentials;
}

Result<void> save_credentials(const Credentials& credentials) {
  json::Writer w;
  w.object().member("address", std::string_view(credentials.address));
  w.member("access_token", std::string_view(credentials.access_token));
  w.member("refresh_token", std::string_view(credentials.refresh_token));
  w.member("session_id", std::string_view(credentials.session_id));
  w.member("expires_at", credentials.expires_at).end();
  const std::string path = credentials_path();
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const std::string temporary = path + "." + std::to_string(getpid());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) {
    return fail(ErrorCode::kUnavailable, "cannot write " + temporary + ": " + std::strerror(errno));
  }
  const std::string& text = w.text();
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    unlink(temporary.c_str());
    return fail(ErrorCode::kUnavailable, "cannot write " + path);
  }
  return {};
}

void forget_credentials() { unlink(credentials_path().c_str()); }

Result<std::string> client_authorization() {
  const std::string id = environment("RESCIND_CLIENT_ID");
  std::string secret = environment("RESCIND_CLIENT_SECRET");
  const std::string file = environment("RESCIND_CLIENT_SECRET_FILE");
  if (secret.empty() && !file.empty()) {
    TRY_ASSIGN(secret, read_text_file(file));
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  }
  if (id.empty() || secret.empty()) {
    return fail(ErrorCode::kUnauthorized,
                "this needs a client's rights: set RESCIND_CLIENT_ID and "
                "RESCIND_CLIENT_SECRET_FILE (or RESCIND_CLIENT_SECRET)");
  }
  return net::basic_authorization(id, secret);
}

Result<Credentials> keep_pair(const Globals& globals, const Reply& pair) {
  Credentials credentials;
  credentials.address = globals.address;
  credentials.access_token = pair.text("access_token");
  credentials.refresh_token = pair.text("refresh_token");
  credentials.session_id = pair.text("session_id");
  credentials.expires_at =
      to_seconds(SystemClock().now().wall) + std::atoll(pair.text("expires_in").c_str());
  TRY(save_credentials(credentials));
  return credentials;
}

Result<Credentials> refresh_credentials(const Globals& globals) {
  TRY_ASSIGN(const Credentials credentials, load_credentials());
  json::Writer w;
  w.object().member("refresh_token", std::string_view(credentials.refresh_token)).end();
  TRY_ASSIGN(
      const Reply pair,
      call(globals, {.method = net::Method::kPost, .path = "/v1/refresh-token", .body = w.take()}));
  return keep_pair(globals, pair);
}

Result<std::string> user_authorization(const Globals& globals) {
  TRY_ASSIGN(Credentials credentials, load_credentials());
  const std::int64_t now = to_seconds(SystemClock().now().wall);
  if (credentials.expires_at <= now + 5) {
    TRY_ASSIGN(credentials, refresh_credentials(globals));
  }
  return "Bearer " + credentials.access_token;
}

}  // namespace rescind::cli
