#include <sys/stat.h>

#include <cstdio>

#include "authority/signed_request.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/output.h"
#include "cli/roles/broker_side.h"
#include "cli/roles/process.h"
#include "cli/roles/registry.h"
#include "cli/roles/role_table.h"
#include "feed/batch.h"
#include "net/http_client.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::cli {
namespace {

// What one look has found: a sentence, or what is wrong and how it is mended.
struct Finding {
  std::string what;
  Result<std::string> said;
};

class Doctor {
 public:
  explicit Doctor(const Globals& globals) : globals_(globals) {}

  void look_at(const AuthorityConfig& config);
  void look_at(const AgentConfig& config);
  void look_at(const AuthzConfig& config) { look_at_following(config); }
  void look_at(const DenylistConfig& config) { look_at_following(config); }
  void found(std::string what, Result<std::string> said);
  // Prints what it has not yet, and says how to exit.
  Exit conclude() const;

 private:
  void look_at_following(const FollowConfig& config);
  void look_at_transport(const AuthorityConfig& config, const std::string& url);
  void look_at_requests(const AuthorityConfig& config, const std::string& url);
  void look_at_keys(const FollowConfig& config);
  void look_at_feed(const FollowConfig& config, const std::string& url);
  Result<std::string> get(const FollowConfig& config, const std::string& url);
  // An answer that comes on the loop.
  template <typename T, typename Ask>
  Result<T> wait_for(Ask ask);

  const Globals& globals_;
  net::Loop loop_;
  SystemRandom random_;
  SystemClock clock_;
  NullLog log_;
  transport::Registry registry_ = all_adapters();
  std::string prefix_;  // which of several feeds is looked at
  std::optional<jwt::KeySet> feed_keys_;
  std::vector<Finding> findings_;
};

template <typename T, typename Ask>
Result<T> Doctor::wait_for(Ask ask) {
  std::optional<Result<T>> answer;
  loop_.post([&] {
    ask([this, &answer](Result<T> got) {
      answer = std::move(got);
      loop_.stop();
    });
  });
  const auto end = loop_.after(globals_.timeout, [this] { loop_.stop(); });
  loop_.run();
  loop_.cancel(end);
  if (answer) return *std::move(answer);
  return fail(ErrorCode::kTimeout,
              "no answer within " + std::to_string(globals_.timeout.count()) + " ms (--timeout)");
}

void Doctor::found(std::string what, Result<std::string> said) {
  what.insert(0, prefix_);
  if (globals_.output == Output::kTable) {
    std::printf("%-4s  %-34s  %s\n", said ? "ok" : "FAIL", what.c_str(),
                printable(said ? *said : said.error().message).c_str());
  }
  findings_.push_back({std::move(what), std::move(said)});
}

Exit Doctor::conclude() const {
  Exit exit = Exit::kOk;
  json::Writer out;
  out.object().name("checks").array();
  for (const Finding& one : findings_) {
    out.object();
    out.member("what", std::string_view(one.what));
    out.member("ok", one.said.has_value());
    out.member("said", std::string_view(one.said ? *one.said : one.said.error().message));
    out.end();
    if (one.said || exit != Exit::kOk) continue;
    const ErrorCode code = one.said.error().code;
    exit = code == ErrorCode::kInvalid ? Exit::kConfiguration : exit_of(code);
  }
  out.end().end();
  if (globals_.output != Output::kTable) std::printf("%s\n", out.text().c_str());
  return exit;
}

// Nobody but its owner reads a file of secrets.
Result<std::string> look_at_secret(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(ErrorCode::kNotFound, path +
                                          " is not there; the first start of the authority "
                                          "makes it");
  }
  if ((status.st_mode & 077U) != 0) {
    return fail(ErrorCode::kInvalid, path + " can be read by others; chmod 600 " + path);
  }
  return path + ", for its owner alone";
}

Result<std::string> look_at_store(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) return fail(ErrorCode::kInvalid, "not a sqlite: URL");
  const std::string path = url.substr(kSqlite.size());
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return path + " will be made at the first start";
  TRY_ASSIGN(const auto database, store::open_sqlite({.path = path, .read_only = true}));
  TRY_ASSIGN(const store::MigrationStatus steps, store::migration_status(*database));
  return path + ", schema " + std::to_string(steps.applied) + " of " + std::to_string(steps.known);
}

Result<std::string> look_at_index(const std::string& path) {
  const std::string folder = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
  struct stat status{};
  if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return path;
  return fail(ErrorCode::kNotFound, folder + " is no folder");
}

void Doctor::look_at(const AuthorityConfig& config) {
  found("store", look_at_store(config.store));
  found("master key", look_at_secret(config.master_key_file));
  found("feed key", look_at_secret(config.feed_key_file));
  for (const std::string& url : config.transports) look_at_transport(config, url);
  for (const std::string& url : config.requests) look_at_requests(config, url);
}

void Doctor::look_at_transport(const AuthorityConfig& config, const std::string& url) {
  const auto look = [&]() -> Result<std::string> {
    TRY_ASSIGN(const auto transport,
               registry_.transport(access_of(config, url),
                                   {.loop = loop_, .random = random_, .log = log_}));
    TRY(transport->check());
    return std::string(transport->keeps_snapshots()
                           ? "reached, and fit for batches and snapshots"
                           : "reached, and fit for batches; there is no place for snapshots, "
                             "`rescind feed plan` says how to make one");
  };
  found(without_secrets(url), look());
}

void Doctor::look_at_requests(const AuthorityConfig& config, const std::string& url) {
  const auto look = [&]() -> Result<std::string> {
    TRY_ASSIGN(const auto topic,
               registry_.requests(access_of(config, url),
                                  {.loop = loop_, .random = random_, .log = log_}));
    TRY(topic->check(authority::kMaxRequestBytes));
    return "reached, and fit for signed requests";
  };
  found("requests at " + without_secrets(url), look());
}

void Doctor::look_at(const AgentConfig& config) {
  for (const AgentFeedConfig& feed : config.feeds) {
    prefix_ = prefix_of(feed);
    look_at_following(feed);
    found("index", look_at_index(feed.index));
  }
}

void Doctor::look_at_following(const FollowConfig& config) {
  feed_keys_.reset();
  look_at_keys(config);
  look_at_feed(config, config.feed_url);
  for (const std::string& url : config.feed_roads) look_at_feed(config, url);
  const auto keys = [&]() -> Result<std::string> {
    TRY_ASSIGN(const std::string text, get(config, config.jwks_url));
    TRY_ASSIGN(const jwt::KeySet::Parsed parsed, jwt::KeySet::parse(text));
    if (parsed.keys.keys().empty()) {
      return fail(ErrorCode::kInvalid, config.jwks_url + " has no usable key");
    }
    return std::to_string(parsed.keys.keys().size()) + " at " + config.jwks_url;
  };
  found("keys of the issuer", keys());
}

void Doctor::look_at_keys(const FollowConfig& config) {
  const auto look = [&]() -> Result<std::string> {
    const bool pinned = !config.feed_keys_file.empty();
    const std::string place =
        pinned ? config.feed_keys_file : authority_of(config) + "/v1/feed/keys";
    TRY_ASSIGN(const std::string text, pinned ? read_text_file(place) : get(config, place));
    TRY_ASSIGN(jwt::KeySet::Parsed parsed, jwt::KeySet::parse(text));
    if (parsed.keys.keys().empty()) return fail(ErrorCode::kInvalid, place + " has no usable key");
    feed_keys_ = std::move(parsed.keys);
    return std::to_string(feed_keys_->keys().size()) + (pinned ? " pinned in " : " at ") + place;
  };
  found("keys of the feed", look());
}

// Its last word: from whom, of when, and whether it is to be believed.
void Doctor::look_at_feed(const FollowConfig& config, const std::string& url) {
  const auto look = [&]() -> Result<std::string> {
    TRY_ASSIGN(const transport::Following::Options options, following_of(config, "doctor"));
    transport::FeedAccess access = options.access;
    access.url = url;
    TRY_ASSIGN(const auto origin,
               registry_.origin(access, {.loop = loop_, .random = random_, .log = log_}));
    TRY_ASSIGN(const std::string jws,
               wait_for<std::string>([&](auto then) { origin->heartbeat(std::move(then)); }));
    const WallTime now = clock_.now().wall;
    TRY_ASSIGN(const feed::Word word, feed::read_word(jws));
    const auto* const heartbeat = std::get_if<feed::Heartbeat>(&word.content);
    if (heartbeat == nullptr) return fail(ErrorCode::kCorrupt, "the last word is no heartbeat");
    if (heartbeat->issuer != config.issuer || heartbeat->feed != config.feed_name) {
      return fail(ErrorCode::kInvalid,
                  "this is the feed '" + heartbeat->feed + "' of " + heartbeat->issuer);
    }
    if (feed_keys_ && !feed::signed_by(jws, word.key_id, *feed_keys_)) {
      return fail(ErrorCode::kUnauthorized,
                  "its last word is not signed by a key of the feed; pin the right ones in "
                  "feed.keys_file");
    }
    const auto age = std::chrono::duration_cast<Milliseconds>(now - heartbeat->at);
    std::string told = "head " + to_string(heartbeat->head) + ", word of " +
                       std::to_string(age.count()) + " ms ago";
    if (age > config.max_staleness) {
      return fail(ErrorCode::kUnavailable,
                  told + ": stale, or this clock is ahead of the authority's");
    }
    if (age < -Milliseconds(2'000)) {
      return fail(ErrorCode::kInvalid, told + ": this clock is behind the authority's; see to NTP");
    }
    return told;
  };
  found(without_secrets(url), look());
}

Result<std::string> Doctor::get(const FollowConfig& config, const std::string& url) {
  TRY_ASSIGN(const auto tls, tls_of(config));
  net::Client client(loop_, net::ClientOptions{.tls = tls});
  net::FetchRequest request;
  request.url = url;
  request.connect_timeout = globals_.timeout;
  request.timeout = globals_.timeout;
  request.max_body = std::size_t{1} << 20U;
  TRY_ASSIGN(const net::Response response, wait_for<net::Response>([&](auto then) {
               client.fetch(std::move(request), std::move(then));
             }));
  if (response.status == 200) return response.body;
  return fail(ErrorCode::kUnavailable, url + " answers " + std::to_string(response.status));
}

template <typename Config>
Exit examine(const Invocation& invocation, Config& config) {
  daemon::Schema schema;
  describe(schema, config);
  auto loaded = load_settings(schema, invocation);
  if (loaded) loaded = complete(config);
  if (!loaded) return report(Exit::kConfiguration, loaded.error().message);
  Doctor doctor(invocation.globals);
  doctor.found("configuration", "the settings are good");
  doctor.look_at(config);
  return doctor.conclude();
}

Exit run(const Invocation& invocation) {
  return with_role(invocation, [&](auto& config) { return examine(invocation, config); });
}

}  // namespace

std::vector<Command> doctor_commands() {
  return {{.words = {"doctor"},
           .summary = "looks at all that a role needs (files, brokers, feed, keys, clocks), and "
                      "says how to mend it",
           .positionals = {},
           .options = {role_option()},
           .run = run}};
}

}  // namespace rescind::cli
