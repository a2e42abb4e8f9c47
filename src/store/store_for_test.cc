#include "store/store_for_test.h"

#include <unistd.h>

#include "base/check.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace rescind::store {
namespace {

// One for the program and the processes that it forks afterwards.
std::shared_ptr<const jwt::SigningKey> feed_key() {
  static const auto key = [] {
    auto made = jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
    CHECK(made.has_value());
    return std::make_shared<const jwt::SigningKey>(*std::move(made));
  }();
  return key;
}

revocation::Revocation revocation_of(std::string_view claim, std::string_view value,
                                     revocation::UntilSeconds until) {
  return {.target = {std::string(kIssuer), std::string(claim), std::string(value)},
          .cut = std::nullopt,
          .until = until,
          .reason = revocation::Reason::kRevoked};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "rescind-XXXXXX").string();
  CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<Database> connect(const std::string& path) {
  auto database = open_sqlite({.path = path, .busy_timeout = Milliseconds(20)});
  CHECK(database.has_value());
  return *std::move(database);
}

std::unique_ptr<Database> connect_migrated(const std::string& path) {
  auto database = connect(path);
  CHECK(migrate(*database).has_value());
  return database;
}

void copy_database(const std::string& from, const std::string& to) {
  for (const char* const suffix : {"", "-wal"}) {
    std::filesystem::remove(to + suffix);
    if (!std::filesystem::exists(from + suffix)) continue;
    std::filesystem::copy_file(from + suffix, to + suffix);
  }
  std::filesystem::remove(to + "-shm");
}

revocation::Revocation of_user(std::string_view subject, revocation::UntilSeconds until) {
  return revocation_of(revocation::claim::kSubject, subject, until);
}

revocation::Revocation of_session(std::string_view id, revocation::UntilSeconds until) {
  return revocation_of(revocation::claim::kSession, id, until);
}

StoreForTest::StoreForTest(std::string file, Committer::Options wanted)
    : path(std::move(file)), options(std::move(wanted)), key(feed_key()) {
  if (options.issuer.empty()) options.issuer = kIssuer;
  CHECK(open().has_value());
}

Result<void> StoreForTest::open() {
  close();
  auto opened =
      Committer::open(options, connect_migrated(path), key, log, clock.now(), [this] { ++wakes; });
  if (!opened) return std::unexpected(std::move(opened).error());
  committer = *std::move(opened);
  store_log = std::make_unique<StoreLog>(
      StoreLog::Options{
          .issuer = options.issuer, .feed = options.feed, .snapshot_every = options.snapshot_every},
      connect(path), key, clock, committer->steady_time());
  return {};
}

void StoreForTest::close() {
  store_log.reset();
  committer.reset();
}

StoreForTest::Answer StoreForTest::submit(Committer::Operation operation) {
  auto answer = std::make_shared<std::optional<Result<Committer::Committed>>>();
  committer->submit(std::move(operation), [answer](Result<Committer::Committed> committed) {
    CHECK(!answer->has_value());
    answer->emplace(std::move(committed));
  });
  return answer;
}

Result<Committer::Committed> StoreForTest::run(Committer::Operation operation) {
  const Answer answer = submit(std::move(operation));
  for (int i = 0; i < 100 && !answer->has_value(); ++i) step();
  CHECK(answer->has_value());
  return **answer;
}

Result<Committer::Committed> StoreForTest::revoke(revocation::Revocation revocation) {
  return run([&revocation](Transaction& transaction) -> Result<void> {
    TRY(transaction.revoke(revocation, "test", ""));
    return {};
  });
}

BootTime StoreForTest::step(Milliseconds later) {
  clock.advance(later);
  return committer->step(clock.now());
}

jwt::KeySet StoreForTest::keys() const {
  auto parsed = jwt::KeySet::parse("{\"keys\":[" + key->public_key().public_jwk() + "]}");
  CHECK(parsed.has_value());
  return std::move(parsed->keys);
}

std::vector<feed::Batch> StoreForTest::batches() {
  const jwt::KeySet trusted = keys();
  std::vector<feed::Batch> batches;
  Position after;
  Digest previous{};
  while (true) {
    const auto found = store_log->read_after(after, 100);
    CHECK(found.has_value());
    if (found->empty()) return batches;
    for (const feed::Sealed& sealed : *found) {
      auto word = feed::read_word(sealed.jws);
      CHECK(word.has_value() && feed::signed_by(sealed.jws, word->key_id, trusted));
      feed::Batch& batch = std::get<feed::Batch>(word->content);
      CHECK(word->hash == sealed.hash && batch.position == sealed.position);
      CHECK(batch.position.number == after.number + 1 && batch.previous == previous);
      after = batch.position;
      previous = sealed.hash;
      batches.push_back(std::move(batch));
    }
  }
}

std::string StoreForTest::heartbeat() {
  const auto head = store_log->head();
  CHECK(head.has_value());
  return feed::seal(feed::Heartbeat{.issuer = options.issuer,
                                    .feed = options.feed,
                                    .head = head->position,
                                    .hash = head->hash,
                                    .at = head->at},
                    *key);
}

}  // namespace rescind::store
