#pragma once
// For tests: a whole authority with a real store, a real writer's thread and a real HTTP server, on
// a clock that the test moves; and a client of it.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/authority.h"
#include "authority/folder_for_test.h"
#include "base/mutex.h"
#include "net/http_client.h"
#include "net/loop_thread.h"
#include "net/stepper.h"

namespace rescind::authority {

// A ManualClock that several threads may read.
class SharedClock final : public Clock {
 public:
  Now now() const override {
    const MutexLock lock(mutex_);
    return clock_.now();
  }
  void advance(std::chrono::nanoseconds by) {
    const MutexLock lock(mutex_);
    clock_.advance(by);
  }

 private:
  mutable Mutex mutex_;
  ManualClock clock_ GUARDED_BY(mutex_){
      {wall_from_ms(1'800'000'000'000), BootTime(std::chrono::hours(1))}};
};

// An answer as JSON; members are read with find() and friends.
class Answer {
 public:
  explicit Answer(net::Response response);

  int status() const { return response_.status; }
  const net::Response& response() const { return response_; }
  const std::string& body() const { return response_.body; }
  json::Value json() const { return json_; }
  // A member of the object; empty where it is no text.
  std::string text(std::string_view name) const;
  std::optional<bool> truth(std::string_view name) const;
  std::string header(std::string_view name) const;

 private:
  net::Response response_;
  std::shared_ptr<json::Reader> reader_ = std::make_shared<json::Reader>();
  json::Value json_;
};

inline constexpr std::string_view kIssuer = "https://auth.example";

class AuthorityTest : public FolderTest {
 protected:
  AuthorityTest();
  ~AuthorityTest() override;

  // Starts with `options`; stop() and start() are a restart.
  void start();
  void stop();
  // After its start, or where the clock went faster than its threads: until its index is fresh.
  void make_ready();
  bool running() const { return authority_ != nullptr; }

  // The next commits fail, as with a full disk; nothing of them stays.
  void fail_commits(int count) { failing_commits_ = count; }
  // Runs a task on the loop's thread.
  void on_loop(std::function<void()> task) { loop_->loop().call(std::move(task)); }

  using Headers = net::HeaderList;
  std::string url(std::string_view path) const;
  Answer get(std::string_view path, Headers headers = {});
  Answer post(std::string_view path, std::string body, Headers headers = {});
  Answer form(std::string_view path, std::string body, Headers headers = {});
  Answer send(net::FetchRequest request);
  // All at once, over as many connections as the client likes.
  std::vector<Answer> send_all(std::vector<net::FetchRequest> requests);
  static net::FetchRequest json_request(std::string url, std::string body, Headers headers = {});

  // Clients that are configured: "admin", "backend" (sessions), "resource" (introspect), "security"
  // (revoke), "app" (login, with a secret); their secret is "<id>-secret".
  static Headers as(std::string_view client);
  static Headers bearer(const std::string& token);
  static Headers also(Headers headers, std::string name, std::string value);

  struct Tokens {
    std::string access;
    std::string refresh;
    std::string session;
    std::string subject;
  };
  static Tokens tokens_of(const Answer& answer);
  // Adds an account with the password "correct horse"; returns its id.
  std::string add_account(const std::string& name, bool administrator = false);
  Answer login_answer(const std::string& name, const std::string& password = "correct horse",
                      const std::string& more = "");
  Tokens login(const std::string& name, const std::string& password = "correct horse");
  // A session of a user that lives elsewhere: quick, without a password.
  Tokens open_session(const std::string& subject, const std::string& more = "");
  Answer refresh(const std::string& token, const std::string& more = "");
  // Whether introspection finds it active.
  bool is_active(const std::string& access_token);

  std::string head();
  std::size_t revocations_recorded();

  Options options;
  Milliseconds take_back_within{0};  // as Authority::Parts
  bool cut_on_history_lost = true;   // the same
  SharedClock clock;

 private:
  struct Running;
  Result<std::unique_ptr<store::Database>> connect() const;
  void wake_writer() EXCLUDES(mutex_);

  SystemRandom random_;
  NullLog log_;
  std::atomic<int> failing_commits_{0};
  std::atomic<bool> asked_for_lost_ = false;
  std::unique_ptr<net::LoopThread> loop_;
  std::unique_ptr<net::LoopThread> client_loop_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<net::LoopStepper> stepper_;
  Mutex mutex_;
  std::unique_ptr<net::ThreadStepper> writer_ GUARDED_BY(mutex_);
  std::unique_ptr<net::Router> router_;
  std::unique_ptr<net::Server> server_;

 protected:
  // Whether whoever may have lost batches was asked for them.
  bool asked_for_lost() const { return asked_for_lost_; }

  std::unique_ptr<Authority> authority_;
};

}  // namespace rescind::authority
