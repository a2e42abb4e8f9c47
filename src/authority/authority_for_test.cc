#include "authority/authority_for_test.h"

#include <latch>
#include <thread>

#include "net/basic_auth.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::authority {
namespace {

// Fails as many commits as it is told to.
class FailingDatabase final : public store::Database {
 public:
  FailingDatabase(std::unique_ptr<store::Database> inner, std::atomic<int>& failing)
      : inner_(std::move(inner)), failing_(failing) {}

  Result<store::Statement*> prepare(std::string_view sql) override { return inner_->prepare(sql); }
  Result<void> execute(std::string_view sql) override { return inner_->execute(sql); }
  std::int64_t changes() const override { return inner_->changes(); }
  Result<void> begin() override { return inner_->begin(); }
  Result<void> begin_read() override { return inner_->begin_read(); }
  Result<void> commit() override {
    if (failing_ > 0) {
      --failing_;
      inner_->rollback();
      return fail(ErrorCode::kUnavailable, "the disk is full");
    }
    return inner_->commit();
  }
  void rollback() override { inner_->rollback(); }
  Result<void> savepoint() override { return inner_->savepoint(); }
  Result<void> release() override { return inner_->release(); }
  void rollback_to_savepoint() override { inner_->rollback_to_savepoint(); }

 private:
  std::unique_ptr<store::Database> inner_;
  std::atomic<int>& failing_;
};

ConfiguredClient client(const std::string& id, std::string roles) {
  return {.id = id, .secret = Secret(id + "-secret"), .roles = std::move(roles)};
}

std::string quoted(std::string_view name, std::string_view value) {
  json::Writer out;
  out.object().member(name, value).end();
  std::string text = out.take();
  return text.substr(1, text.size() - 2);
}

}  // namespace

Answer::Answer(net::Response response) : response_(std::move(response)) {
  if (response_.shared_body) response_.body = *response_.shared_body;
  if (auto value = reader_->parse(response_.body, {.bytes = 1 << 20, .members = 100'000})) {
    json_ = *value;
  }
}

std::string Answer::text(std::string_view name) const {
  const auto member = json_.find(name);
  return member ? std::string(member->string().value_or("")) : "";
}

std::optional<bool> Answer::truth(std::string_view name) const {
  const auto member = json_.find(name);
  return member ? member->boolean() : std::nullopt;
}

std::string Answer::header(std::string_view name) const {
  return std::string(response_.header(name).value_or(""));
}

AuthorityTest::AuthorityTest()
    : client_loop_(std::make_unique<net::LoopThread>()),
      client_(std::make_unique<net::Client>(client_loop_->loop())) {
  options.issuer = kIssuer;
  options.audiences = {"orders", "billing"};
  options.scopes = {"read", "write"};
  options.default_scope = "read";
  options.foreign = {{.issuer = "https://id.example",
                      .stamps = revocation::StampKind::kTime,
                      .session_claims = {"session_id"},
                      .revocable_claims = {"tenant"},
                      .longest_lifetime = std::chrono::hours(1),
                      .longest_session = std::chrono::days(1)}};
  options.clients = {client("admin", "admin"), client("backend", "sessions"),
                     client("resource", "introspect"), client("security", "revoke"),
                     client("app", "login")};
  options.logins_per_account = {.burst = 1000, .per_minute = 1000};
  options.logins_per_address = {.burst = 1000, .per_minute = 1000};
}

AuthorityTest::~AuthorityTest() {
  stop();
  client_.reset();
}

Result<std::unique_ptr<store::Database>> AuthorityTest::connect() const {
  return store::open_sqlite({.path = file("store.db"), .busy_timeout = Milliseconds(50)});
}

void AuthorityTest::start() {
  loop_ = std::make_unique<net::LoopThread>();
  auto database = connect();
  ASSERT_TRUE(database) << database.error().message;
  ASSERT_TRUE(store::migrate(**database));
  auto feed_key = open_feed_key(file("feed.pem"));
  auto master = MasterKey::open(file("master.key"), random_);
  ASSERT_TRUE(feed_key && master);
  auto committer = store::Committer::open(
      {.issuer = options.issuer, .spacing = Milliseconds(0)},
      std::make_unique<FailingDatabase>(*std::move(database), failing_commits_), *feed_key, log_,
      clock.now(), [this] { wake_writer(); });
  ASSERT_TRUE(committer) << committer.error().message;
  Authority::Parts parts;
  parts.committer = *std::move(committer);
  parts.connect = [this] { return connect(); };
  parts.feed_key = *feed_key;
  parts.master_key = std::make_shared<const MasterKey>(*std::move(master));
  parts.post = [loop = &loop_->loop()](Task task) { loop->post(std::move(task)); };
  parts.take_back_within = take_back_within;
  parts.cut_on_history_lost = cut_on_history_lost;
  parts.ask_for_lost = [this](store::Position /*after*/) { asked_for_lost_ = true; };
  parts.wake = [this] { stepper_->wake(); };
  parts.wake_writer = [this] { wake_writer(); };
  auto authority = Authority::open(options, std::move(parts), clock, random_, log_);
  ASSERT_TRUE(authority) << authority.error().message;
  authority_ = *std::move(authority);
  router_ = std::make_unique<net::Router>();
  authority_->add_routes(*router_);
  router_->add(net::Method::kGet, "/v1/feed",
               authority_->for_followers([](const net::Request&, net::Responder responder) {
                 responder.respond({.content_type = "text/plain", .body = "the feed"});
               }));
  {
    const MutexLock lock(mutex_);
    writer_ = std::make_unique<net::ThreadStepper>(
        clock, [this](Now now) { return authority_->step_writer(now); });
    writer_->start();
  }
  on_loop([this] {
    stepper_ = std::make_unique<net::LoopStepper>(
        loop_->loop(), clock, [this](Now now) { return authority_->step(now); });
  });
  net::ServerOptions server_options;
  server_options.body_limit = [this](const net::Request& request) {
    return router_->body_limit(request);
  };
  auto server = net::Server::open({&loop_->loop()}, std::move(server_options), router_->handler());
  ASSERT_TRUE(server);
  server_ = *std::move(server);
  make_ready();
}

void AuthorityTest::wake_writer() {
  const MutexLock lock(mutex_);
  if (writer_ != nullptr) writer_->wake();
}

void AuthorityTest::make_ready() {
  for (int i = 0; i < 100'000 && !authority_->why_not_ready().empty(); ++i) {
    on_loop([this] { authority_->step(clock.now()); });
    std::this_thread::yield();
  }
  ASSERT_EQ(authority_->why_not_ready(), "");
}

void AuthorityTest::stop() {
  if (!loop_) return;
  server_.reset();
  {
    std::unique_ptr<net::ThreadStepper> ending;  // first: it wakes the loop's stepper
    const MutexLock lock(mutex_);
    ending.swap(writer_);
  }
  if (stepper_) on_loop([this] { stepper_.reset(); });
  loop_.reset();
  router_.reset();
  authority_.reset();
}

std::string AuthorityTest::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
}

std::vector<Answer> AuthorityTest::send_all(std::vector<net::FetchRequest> requests) {
  std::vector<std::optional<net::Response>> responses(requests.size());
  std::latch answered(static_cast<std::ptrdiff_t>(requests.size()));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    client_->fetch(std::move(requests[i]), [&, i](Result<net::Response> response) {
      responses[i] = response ? *std::move(response)
                              : net::Response{.status = 0, .body = response.error().message};
      answered.count_down();
    });
  }
  answered.wait();
  std::vector<Answer> answers;
  answers.reserve(responses.size());
  for (auto& response : responses) answers.emplace_back(*std::move(response));
  return answers;
}

Answer AuthorityTest::send(net::FetchRequest request) {
  std::vector<net::FetchRequest> one;
  one.push_back(std::move(request));
  return std::move(send_all(std::move(one)).front());
}

net::FetchRequest AuthorityTest::json_request(std::string url, std::string body, Headers headers) {
  net::FetchRequest request;
  request.method = net::Method::kPost;
  request.url = std::move(url);
  request.headers = std::move(headers);
  if (!body.empty()) request.content_type = "application/json";
  request.body = std::move(body);
  return request;
}

Answer AuthorityTest::get(std::string_view path, Headers headers) {
  net::FetchRequest request;
  request.url = url(path);
  request.headers = std::move(headers);
  return send(std::move(request));
}

Answer AuthorityTest::post(std::string_view path, std::string body, Headers headers) {
  return send(json_request(url(path), std::move(body), std::move(headers)));
}

Answer AuthorityTest::form(std::string_view path, std::string body, Headers headers) {
  net::FetchRequest request = json_request(url(path), std::move(body), std::move(headers));
  request.content_type = "application/x-www-form-urlencoded";
  return send(std::move(request));
}

AuthorityTest::Headers AuthorityTest::as(std::string_view client_id) {
  return {
      {"Authorization", net::basic_authorization(client_id, std::string(client_id) + "-secret")}};
}

AuthorityTest::Headers AuthorityTest::bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

AuthorityTest::Headers AuthorityTest::also(Headers headers, std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return headers;
}

AuthorityTest::Tokens AuthorityTest::tokens_of(const Answer& answer) {
  return {.access = answer.text("access_token"),
          .refresh = answer.text("refresh_token"),
          .session = answer.text("session_id"),
          .subject = answer.text("subject")};
}

std::string AuthorityTest::add_account(const std::string& name, bool administrator) {
  const Answer answer = post("/v1/accounts",
                             "{" + quoted("username", name) +
                                 R"(,"email":"x@example.com","password":"correct horse")" +
                                 (administrator ? R"(,"administrator":true})" : "}"),
                             as("admin"));
  EXPECT_EQ(answer.status(), 201) << answer.body();
  return answer.text("id");
}

Answer AuthorityTest::login_answer(const std::string& name, const std::string& password,
                                   const std::string& more) {
  return post("/v1/login",
              "{" + quoted("username", name) + "," + quoted("password", password) + more + "}");
}

AuthorityTest::Tokens AuthorityTest::login(const std::string& name, const std::string& password) {
  const Answer answer = login_answer(name, password);
  EXPECT_EQ(answer.status(), 200) << answer.body();
  return tokens_of(answer);
}

AuthorityTest::Tokens AuthorityTest::open_session(const std::string& subject,
                                                  const std::string& more) {
  const Answer answer =
      post("/v1/sessions",
           "{" + quoted("subject", subject) + R"(,"client_id":"first-party")" + more + "}",
           as("backend"));
  EXPECT_EQ(answer.status(), 201) << answer.body();
  return tokens_of(answer);
}

Answer AuthorityTest::refresh(const std::string& token, const std::string& more) {
  return post("/v1/refresh-token", "{" + quoted("refresh_token", token) + more + "}");
}

bool AuthorityTest::is_active(const std::string& access_token) {
  const Answer answer =
      form("/oauth2/introspect", net::encode_form({{"token", access_token}}), as("resource"));
  EXPECT_EQ(answer.status(), 200) << answer.body();
  return answer.truth("active").value_or(false);
}

std::string AuthorityTest::head() { return get("/v1/followers", as("admin")).text("head"); }

std::size_t AuthorityTest::revocations_recorded() {
  const Answer answer = get("/v1/revocations?limit=1000", as("security"));
  return answer.json().find("revocations")->size();
}

}  // namespace rescind::authority
