// How long a revoked session is still let in: one revocation after the other, three followers asked
// until each of them refuses. Prints quantiles as JSON.
//
//   revoke_latency --authority P --followers P,P,P --admin "Basic …" --portal "Basic …"
//                  --file F --rounds N --pause-us N --apart-us N
//
// Each round opens a session, sees it accepted everywhere, appends 4 KiB to F and waits for
// fdatasync (what durability costs on that disk, then and there), and revokes. The followers are
// asked from the moment the order is sent, on kept connections, with a pause after each answer:
// they share the machine's cores with what is measured. A refusal counts when its answer has come.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "arguments.h"
#include "base/json.h"
#include "net/http_client.h"

namespace rescind::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};
constexpr int kWarmUpRounds = 10;

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}
std::string url_at(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

struct Session {
  std::string id;
  std::string token;
};

struct Samples {
  std::vector<double> synced{};        // write + fdatasync
  std::vector<double> acknowledged{};  // order sent → answer
  std::vector<double> refused{};       // order sent → the last follower refuses
  std::vector<double> after_answer{};  // answer → the last follower refuses; not below zero
};

// Appends to a file and waits until the disk has it.
class Disk {
 public:
  explicit Disk(const std::string& path)
      : file_(open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600)) {
    if (file_ < 0) give_up("cannot write " + path);
  }
  ~Disk() { close(file_); }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  double append() {
    const std::string page(4096, 'x');
    const auto begin = Clock::now();
    if (write(file_, page.data(), page.size()) != static_cast<ssize_t>(page.size()) ||
        fdatasync(file_) != 0) {
      give_up("cannot sync");
    }
    return milliseconds(Clock::now() - begin);
  }

 private:
  int file_;
};

class Story {
 public:
  explicit Story(const Arguments& arguments)
      : authority_(url_at(arguments.ports("--authority").at(0))),
        admin_(arguments.text("--admin")),
        portal_(arguments.text("--portal")),
        pause_(arguments.number("--pause-us")),
        apart_(arguments.number("--apart-us")),
        disk_(arguments.text("--file")),
        client_(loop_) {
    for (const std::uint16_t port : arguments.ports("--followers")) {
      followers_.push_back(url_at(port) + "/authz/forward-auth");
    }
  }

  void round(Samples& samples) {
    const Session session = open_session();
    for (const std::string& follower : followers_) {
      if (fetch(check(follower, session)).status != 200) give_up("a good token is refused");
    }
    samples.synced.push_back(disk_.append());
    rest();
    begin_ = Clock::now();
    answered_ = refused_ = begin_;
    left_ = followers_.size() + 1;
    revoke(session);
    for (const std::string& follower : followers_) ask(follower, session);
    loop_.run();
    samples.acknowledged.push_back(milliseconds(answered_ - begin_));
    samples.refused.push_back(milliseconds(refused_ - begin_));
    samples.after_answer.push_back(std::max(0.0, milliseconds(refused_ - answered_)));
  }

 private:
  static net::FetchRequest check(const std::string& follower, const Session& session) {
    net::FetchRequest request;
    request.url = follower;
    request.headers = {{"Authorization", "Bearer " + session.token}};
    return request;
  }

  net::FetchRequest order(const std::string& path, const std::string& authorization,
                          std::string body) const {
    net::FetchRequest request;
    request.method = net::Method::kPost;
    request.url = authority_ + path;
    request.headers = {{"Authorization", authorization}};
    request.content_type = "application/json";
    request.body = std::move(body);
    return request;
  }

  net::Response fetch(net::FetchRequest request) {
    net::Response answer;
    client_.fetch(std::move(request), [&](Result<net::Response> response) {
      if (!response) give_up(response.error().message);
      answer = *std::move(response);
      loop_.stop();
    });
    loop_.run();
    return answer;
  }

  // The authority keeps commits apart: so long, a revocation is not the one right after another.
  void rest() {
    if (apart_ == std::chrono::microseconds::zero()) return;
    loop_.after(apart_, [this] { loop_.stop(); });
    loop_.run();
  }

  Session open_session() {
    const net::Response answer =
        fetch(order("/v1/sessions", portal_, "{\"client_id\":\"portal\",\"subject\":\"alice\"}"));
    json::Reader reader;
    const auto pair = reader.parse(answer.body, {});
    if (answer.status != 201 || !pair) give_up("no session");
    const auto id = pair->find("session_id");
    const auto token = pair->find("access_token");
    if (!id || !token) give_up("a pair without its members");
    return {std::string(id->string().value_or("")), std::string(token->string().value_or(""))};
  }

  void revoke(const Session& session) {
    std::string body = "{\"claim\":\"sid\",\"value\":\"" + session.id + "\"}";
    client_.fetch(order("/v1/revocations", admin_, std::move(body)),
                  [this](const Result<net::Response>& response) {
                    if (!response || response->status != 201) give_up("not revoked");
                    answered_ = Clock::now();
                    one_less();
                  });
  }

  // Asks until it refuses.
  void ask(const std::string& follower, const Session& session) {
    client_.fetch(check(follower, session), [&](const Result<net::Response>& response) {
      const auto now = Clock::now();
      if (!response) give_up(response.error().message);
      if (response->status == 401) {
        refused_ = now;
        return one_less();
      }
      if (response->status != 200) give_up("neither accepted nor refused");
      if (now - begin_ > kPatience) give_up("accepted for ever");
      loop_.after(pause_, [&] { ask(follower, session); });
    });
  }

  void one_less() {
    if (--left_ == 0) loop_.stop();
  }

  std::string authority_;
  std::string admin_;
  std::string portal_;
  std::chrono::microseconds pause_;
  std::chrono::microseconds apart_;
  Disk disk_;
  std::vector<std::string> followers_;
  net::Loop loop_;
  net::Client client_;
  Clock::time_point begin_;
  Clock::time_point answered_;
  Clock::time_point refused_;
  std::size_t left_ = 0;
};

void print(const char* name, std::vector<double>& samples, const char* end) {
  std::printf("\"%s\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}%s", name, quantile(samples, 0.5),
              quantile(samples, 0.99), quantile(samples, 1), end);
}

int main_with(const Arguments& arguments) {
  Story story(arguments);
  Samples warm_up;
  for (int i = 0; i < kWarmUpRounds; ++i) story.round(warm_up);
  Samples samples;
  const std::uint64_t rounds = arguments.number("--rounds");
  for (std::uint64_t i = 0; i < rounds; ++i) story.round(samples);
  std::printf("{\"rounds\":%zu,", samples.refused.size());
  print("synced", samples.synced, ",");
  print("acknowledged", samples.acknowledged, ",");
  print("refused", samples.refused, ",");
  print("after_answer", samples.after_answer, "}\n");
  return 0;
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  return rescind::bench::main_with(rescind::bench::Arguments(argc, argv));
}
