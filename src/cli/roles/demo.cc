#include "cli/roles/demo.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "base/json.h"
#include "cli/api.h"
#include "cli/caller.h"
#include "cli/roles/dev_world.h"
#include "daemon/signals.h"
#include "net/basic_auth.h"
#include "net/http_client.h"

namespace rescind::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};

Result<std::string> own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::kInternal, "cannot find this program's own file");
  return path.string();
}

BootTime now() { return SystemClock().now().boot; }

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// What is measured between the order to revoke and the refusals.
struct Propagation {
  std::string position;
  double acknowledged_ms = 0;
  double refused_ms = 0;     // at the gateway
  double everywhere_ms = 0;  // at every follower
  std::string why;
  std::size_t followers = 0;
};

class Story {
 public:
  explicit Story(DevWorld& world) : world_(world) { globals_.address = world.authority_url(); }

  Result<void> tell() {
    TRY(sign_in());
    TRY(call_service());
    TRY_ASSIGN(const Propagation propagation, revoke());
    std::printf("3 revoke the session   ok    batch %s, durable after %.1f ms\n",
                propagation.position.c_str(), propagation.acknowledged_ms);
    std::printf(
        "4 GET /orders          401   %s        first refusal after %.1f ms, %zu/%zu followers "
        "after %.1f ms\n",
        propagation.why.c_str(), propagation.refused_ms, propagation.followers,
        world_.followers().size(), propagation.everywhere_ms);
    return {};
  }

 private:
  Result<void> sign_in() {
    json::Writer w;
    w.object().member("username", DevWorld::kUser);
    w.member("password", std::string_view(world_.password())).end();
    TRY_ASSIGN(
        const Reply pair,
        call(globals_, {.method = net::Method::kPost, .path = "/v1/login", .body = w.take()}));
    token_ = pair.text("access_token");
    session_ = pair.text("session_id");
    const int seconds = std::atoi(pair.text("expires_in").c_str());
    std::printf("1 sign in              200   access token, expires in %dm %ds, session %.8s…\n",
                seconds / 60, seconds % 60, session_.c_str());
    return {};
  }

  Result<void> call_service() {
    Caller gateway(world_.gateway_url() + "/orders", token_);
    TRY(gateway.get());  // opens the connections
    const auto before = now();
    TRY_ASSIGN(const net::Response answer, gateway.get());
    const auto took = now() - before;
    if (answer.status != 200) return unexpected("GET /orders", answer);
    TRY_ASSIGN(const std::string check, check_time());
    std::printf("2 GET /orders          200   checked in %s ns (own index), %.2f ms in all\n",
                check.c_str(), milliseconds(took));
    return {};
  }

  // What a follower itself says its check took, of a token that it has seen before.
  Result<std::string> check_time() {
    Caller follower(follower_url(world_.followers().front()), token_);
    std::string nanoseconds;
    for (int i = 0; i < 20; ++i) {
      TRY_ASSIGN(const net::Response answer, follower.get());
      nanoseconds = std::string(answer.header("X-Rescind-Check-Ns").value_or("?"));
    }
    return nanoseconds;
  }

  Result<Propagation> revoke() {
    Caller gateway(world_.gateway_url() + "/orders", token_);
    std::vector<std::unique_ptr<Caller>> followers;
    for (const DevWorld::Follower& follower : world_.followers()) {
      followers.push_back(std::make_unique<Caller>(follower_url(follower), token_));
      TRY(followers.back()->get());
    }
    TRY(gateway.get());
    Propagation propagation;
    const auto begin = now();
    TRY_ASSIGN(const Reply signed_out, call(globals_, {.method = net::Method::kPost,
                                                       .path = "/v1/logout",
                                                       .body = "{\"scope\":\"session\"}",
                                                       .authorization = "Bearer " + token_}));
    propagation.acknowledged_ms = milliseconds(now() - begin);
    const std::string position = signed_out.text("position");
    propagation.position = position.substr(position.find('.') + 1);
    TRY_ASSIGN(const net::Response refusal, until_refused(gateway));
    propagation.refused_ms = milliseconds(now() - begin);
    propagation.why = told_reason(refusal);
    for (const auto& follower : followers) {
      TRY(until_refused(*follower));
      ++propagation.followers;
    }
    propagation.everywhere_ms = milliseconds(now() - begin);
    return propagation;
  }

  Result<net::Response> until_refused(Caller& caller) {
    const auto end = now() + kPatience;
    while (now() < end) {
      TRY_ASSIGN(net::Response answer, caller.get());
      if (answer.status == 401) return answer;
      if (answer.status != 200) return unexpected("after the revocation", answer);
    }
    return fail(ErrorCode::kTimeout, "the token is still accepted");
  }

  static std::string follower_url(const DevWorld::Follower& follower) {
    return "http://127.0.0.1:" + std::to_string(follower.port) + "/authz/forward-auth";
  }
  static std::unexpected<Error> unexpected(const std::string& what, const net::Response& answer) {
    return fail(ErrorCode::kInternal, what + ": " + std::to_string(answer.status));
  }

  DevWorld& world_;
  Globals globals_;
  std::string token_;
  std::string session_;
};

Result<std::unique_ptr<DevWorld>> start_world() {
  TRY_ASSIGN(const std::string program, own_program());
  SystemRandom random;
  return DevWorld::start(program, random);
}

}  // namespace

Exit run_demo(const Invocation& /*invocation*/) {
  const auto world = start_world();
  if (!world) return report(world.error());
  Story story(**world);
  const auto told = story.tell();
  std::fflush(stdout);
  return told ? Exit::kOk : report(told.error());
}

Exit run_dev(const Invocation& /*invocation*/) {
  const auto world = start_world();
  if (!world) return report(world.error());
  const std::string& folder = (*world)->folder();
  std::printf(
      "For development only: everything listens on loopback and ends with this process.\n\n"
      "  gateway    %s/orders   (nginx, forward authentication)\n"
      "  authority  %s\n"
      "  folder     %s\n\n"
      "Paste into another terminal:\n\n"
      "  export RESCIND_ADDR=%s RESCIND_CREDENTIALS=%s/credentials.json\n"
      "  export RESCIND_CLIENT_ID=admin RESCIND_CLIENT_SECRET_FILE=%s/admin.secret\n"
      "  echo %s | rescind login %s\n"
      "  curl -i -H \"Authorization: Bearer $(rescind token show)\" %s/orders\n"
      "  rescind logout\n\n",
      (*world)->gateway_url().c_str(), (*world)->authority_url().c_str(), folder.c_str(),
      (*world)->authority_url().c_str(), folder.c_str(), folder.c_str(),
      (*world)->password().c_str(), DevWorld::kUser, (*world)->gateway_url().c_str());
  std::fflush(stdout);
  net::Loop loop;
  const auto stop = [&loop] { loop.stop(); };
  daemon::handle_signals(loop, {.drain = stop, .quit = stop, .reload = [] {}});
  std::string gone;
  std::function<void()> look = [&] {
    gone = (*world)->ended_part();
    if (!gone.empty()) return loop.stop();
    loop.after(std::chrono::milliseconds(200), look);
  };
  look();
  loop.run();
  if (gone.empty()) return Exit::kOk;
  return report(Exit::kUnexpected, gone + " has ended by itself; its log: " + folder);
}

}  // namespace rescind::cli
